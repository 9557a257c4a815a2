package ai.lacuna.examples.spring;

import ai.lacuna.serving.BodyTooLargeException;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.ImageIntake;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.Prepared;
import ai.lacuna.serving.batch.Batcher;
import ai.lacuna.serving.batch.RejectedRequestException;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

/**
 * {@code POST /classify}: an image as the body, or as part {@code image} of a form. What is refused
 * is answered by a problem of RFC 9457; other types of body, forms without the part and forms that
 * are too large are refused by Spring itself.
 */
@RestController
final class ClassifyController {
  /** The most probable classes, the best first. */
  record Answer(List<Prediction> classes) {}

  private final ImageIntake intake;
  private final Batcher<Prepared, List<Prediction>> batcher;

  ClassifyController(ImageIntake intake, Batcher<Prepared, List<Prediction>> batcher) {
    this.intake = intake;
    this.batcher = batcher;
  }

  @PostMapping(
      path = "/classify",
      consumes = {"image/*", MediaType.APPLICATION_OCTET_STREAM_VALUE})
  CompletableFuture<Answer> classify(HttpServletRequest request) throws IOException {
    return answer(request.getInputStream(), request.getContentLengthLong());
  }

  @PostMapping(path = "/classify", consumes = MediaType.MULTIPART_FORM_DATA_VALUE)
  CompletableFuture<Answer> classify(@RequestPart("image") MultipartFile image) throws IOException {
    try (InputStream body = image.getInputStream()) {
      return answer(body, image.getSize());
    }
  }

  /** Takes a place first: what finds none is refused before it is read and decoded. */
  private CompletableFuture<Answer> answer(InputStream body, long length) throws IOException {
    return intake.submit(body, length, batcher.reserve()).thenApply(Answer::new);
  }

  @ExceptionHandler
  ErrorResponse noImage(ImageException e) {
    return problem(e, HttpStatus.BAD_REQUEST, e.getMessage()).build();
  }

  @ExceptionHandler
  ErrorResponse tooLarge(BodyTooLargeException e) {
    return problem(e, HttpStatus.PAYLOAD_TOO_LARGE, e.getMessage()).build();
  }

  @ExceptionHandler
  ErrorResponse tooMany(RejectedRequestException e) {
    return busy(e, e.getMessage());
  }

  @ExceptionHandler
  ErrorResponse tooLate(TimeoutException e) {
    return busy(e, "expected an answer in time, found none; try again later");
  }

  private static ErrorResponse busy(Exception e, @Nullable String why) {
    return problem(e, HttpStatus.SERVICE_UNAVAILABLE, why)
        .header(HttpHeaders.RETRY_AFTER, "1")
        .build();
  }

  private static ErrorResponse.Builder problem(
      Exception e, HttpStatus status, @Nullable String why) {
    return ErrorResponse.builder(e, status, String.valueOf(why));
  }
}
