package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.vit.DecoderConfig;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The decoder and the loss of {@code lacuna pretrain}. */
class PretrainObjectiveTest {
  @Test
  void trainsWithACrossDecoder(@TempDir Path directory) throws Exception {
    Path run = directory.resolve("run");
    CommandLineRun line =
        CommandLineRun.of(
            "pretrain",
            "--data",
            "fashion-mnist-sample",
            "--out",
            run.toString(),
            "--device",
            "cpu",
            "--batch-size",
            "16",
            "--max-steps",
            "1",
            "--decoder-kind",
            "cross",
            "--decoder-context",
            "weighted",
            "--decoder-heads",
            "2",
            "--decoder-positions",
            "shared",
            "--mask-token",
            "mean",
            "--loss",
            "l1 + 0.5*frequency");
    assertEquals(0, line.code(), line.err());
    PretrainConfig config = PretrainConfig.fromJson(Files.readString(run.resolve("config.json")));
    assertEquals(
        new DecoderConfig(
            64,
            1,
            2,
            4,
            DecoderConfig.Kind.CROSS,
            DecoderConfig.MaskToken.MEAN,
            DecoderConfig.Positions.SHARED,
            DecoderConfig.Context.WEIGHTED),
        config.decoder());
    assertEquals("l1 + 0.5*frequency", config.objective().loss().text());
    String old = config.toJson().replaceFirst(",\\s*\"context\": \"WEIGHTED\"", "");
    assertEquals(DecoderConfig.Context.LAST, PretrainConfig.fromJson(old).decoder().context());
    CommandLineRun replay = CommandLineRun.of("replay", "--run", run.toString(), "--step", "1");
    assertEquals(0, replay.code(), replay.err());
    assertOneLine(
        CommandLineRun.of(
            ("pretrain --data fashion-mnist-sample --decoder-context weighted --out " + run)
                .split(" ", -1)),
        "--decoder-context: expected --decoder-kind cross beside weighted");
  }

  @Test
  void suggestsTheLossThatWasMeant() {
    CommandLineRun run =
        CommandLineRun.of(
            "pretrain", "--data", "fashion-mnist-sample", "--out", "x", "--loss", "charbonier");
    assertOneLine(run, "loss: expected one of mse, l1, charbonnier, frequency, perceptual");
    assertTrue(run.err().contains("did you mean charbonnier"), run.err());
  }

  @Test
  void namesTheDecodersThereAre() {
    CommandLineRun run =
        CommandLineRun.of(
            "pretrain", "--data", "fashion-mnist-sample", "--out", "x", "--mask-token", "gausian");
    assertOneLine(run, "--mask-token: expected one of learned, gaussian, mean, found gausian");
    assertTrue(run.err().contains("did you mean gaussian"), run.err());
  }

  private static CommandLineRun withLoss(Path out, String loss) {
    return CommandLineRun.of(
        "pretrain",
        "--data",
        "fashion-mnist-sample",
        "--out",
        out.toString(),
        "--device",
        "cpu",
        "--batch-size",
        "16",
        "--max-steps",
        "1",
        "--loss",
        loss);
  }

  @Test
  void trainsOnTheFeaturesOfAZooEntry(@TempDir Path directory) throws Exception {
    String loss = "mse + 0.5*perceptual:vit_micro_patch4_28.mae_fashion_mnist";
    CommandLineRun run = withLoss(directory.resolve("run"), loss);
    assertEquals(0, run.code(), run.err());
    String config = Files.readString(directory.resolve("run").resolve("config.json"));
    assertEquals(loss, PretrainConfig.fromJson(config).objective().loss().text());
    String directoryOfRun = directory.resolve("run").toString();
    CommandLineRun replay = CommandLineRun.of("replay", "--run", directoryOfRun, "--step", "1");
    assertEquals(0, replay.code(), replay.err());
  }

  @Test
  void saysWhatAPerceptualNetworkLacks(@TempDir Path directory) throws Exception {
    Path out = directory.resolve("run");
    assertOneLine(
        withLoss(out, "perceptual:nets/vgg.pt"), "perceptual network nets/vgg.pt: no such file");
    Path text = Files.writeString(directory.resolve("page.pt"), "<html>");
    assertOneLine(
        withLoss(out, "perceptual:" + text), "perceptual network " + text + ": expected a Torch");
    CommandLineRun typo = withLoss(out, "perceptual:vit_micro_patch4_28.mae_fashion");
    assertOneLine(typo, "vit_micro_patch4_28.mae_fashion");
    assertTrue(typo.err().contains("vit_micro_patch4_28.mae_fashion_mnist"), typo.err());
    URL fixture = PretrainObjectiveTest.class.getResource("/fixtures/objective/perceptual-net.pt");
    Path colour = Path.of(Objects.requireNonNull(fixture, "perceptual-net.pt").toURI());
    assertOneLine(
        withLoss(out, "perceptual:" + colour),
        "perceptual network " + colour + ": expected one that");
    assertFalse(Files.exists(out));
  }
}
