package ai.lacuna.serving;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.providers.OrtCUDAProviderOptions;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * An open session and where it runs.
 *
 * @param session the session; the holder closes it
 * @param device {@code cpu} or {@code cuda:n}
 */
record OnnxSession(OrtSession session, String device) {
  private static final Logger LOG = System.getLogger("ai.lacuna.serving");
  private static final String WEIGHTS_FOLDER =
      "session.model_external_initializers_file_folder_path";

  /**
   * A model's bytes.
   *
   * @param path its file, if it has one of its own
   * @param bytes direct, position 0; empty if there is a path
   * @param size bytes of the model and its weights
   */
  record Model(Optional<Path> path, ByteBuffer bytes, long size) {}

  /** Opens a model on the wanted device; if CUDA fails, says so aloud and takes the CPU. */
  static OnnxSession open(Model model, ServingOptions options) throws OrtException {
    // Before any options: those of CUDA want its log, to say why the GPU cannot be used.
    OrtEnvironment environment = OnnxEnvironment.get();
    if (options.wantsCuda()) {
      try {
        return onCuda(environment, model, options);
      } catch (OrtException e) {
        LOG.log(
            Level.WARNING,
            "device: expected "
                + options.device()
                + ", found that ONNX Runtime cannot use it ("
                + oneLine(e)
                + "); running on the CPU. "
                + nextStep(String.valueOf(e.getMessage())));
      }
    }
    try (OrtSession.SessionOptions session = settings(options)) {
      return new OnnxSession(create(environment, model, session), "cpu");
    }
  }

  /** Its words may hold line breaks. */
  static String oneLine(OrtException failure) {
    return String.valueOf(failure.getMessage()).strip().replaceAll("\\s+", " ");
  }

  /** What makes the GPU usable, by what CUDA says of it. */
  static String nextStep(String message) {
    String said = message.toLowerCase(Locale.ROOT);
    if (said.contains("out of memory") || said.contains("failed to allocate memory")) {
      return "Its memory is full: see in nvidia-smi what fills it, or choose another GPU as cuda:n.";
    }
    if (said.contains("invalid device ordinal")) {
      return "Choose one of the GPUs that nvidia-smi lists, the first as cuda:0.";
    }
    return "Put onnxruntime_gpu in place of onnxruntime on the class path and install CUDA and"
        + " cuDNN to use the GPU.";
  }

  private static OnnxSession onCuda(OrtEnvironment environment, Model model, ServingOptions options)
      throws OrtException {
    try (OrtSession.SessionOptions session = settings(options);
        OrtCUDAProviderOptions cuda = new OrtCUDAProviderOptions(options.gpu())) {
      // Without, ONNX Runtime multiplies with 10 bits of a float's 23, and features differ by 1e-3.
      cuda.add("use_tf32", "0");
      session.addCUDA(cuda);
      // It warns on standard error of each model that shapes are computed on the CPU, as they are
      // meant to be, and that values are copied there.
      session.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
      return new OnnxSession(create(environment, model, session), "cuda:" + options.gpu());
    }
  }

  private static OrtSession.SessionOptions settings(ServingOptions options) throws OrtException {
    OrtSession.SessionOptions session = new OrtSession.SessionOptions();
    if (options.threads() > 0) {
      session.setIntraOpNumThreads(options.threads());
    }
    session.setCPUArenaAllocator(options.arena());
    return session;
  }

  private static OrtSession create(
      OrtEnvironment environment, Model model, OrtSession.SessionOptions options)
      throws OrtException {
    if (model.path().isPresent()) {
      return environment.createSession(model.path().get().toString(), options);
    }
    // Else a model that keeps weights in a file of their own would have them from the folder that
    // the process was started in, and nobody has checked those.
    options.addConfigEntry(WEIGHTS_FOLDER, UUID.randomUUID().toString());
    return environment.createSession(model.bytes(), options);
  }
}
