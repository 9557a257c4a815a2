package ai.lacuna.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files that are no whole network: each refused with what was found and what to do. */
class ForeignRefusalsTest {
  private final Path folder;

  ForeignRefusalsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static void assertRefused(Executable reading, String... words) {
    String message = String.valueOf(assertThrows(WeightsException.class, reading).getMessage());
    for (String word : words) {
      assertTrue(message.contains(word), message);
    }
  }

  /** A fixture with one tensor taken away, or replaced by others. */
  private Path changed(String fixture, String name, Map<String, Tensor> instead)
      throws IOException {
    NamedTensors.Builder tensors = NamedTensors.builder();
    ForeignFile.read(Foreign.file(fixture), true)
        .tensors()
        .only(n -> !n.equals(name))
        .forEach(entry -> tensors.add(entry.name(), entry.tensor()));
    instead.forEach(tensors::add);
    Path file = folder.resolve("changed.safetensors");
    Safetensors.write(file, tensors.build(), Map.of());
    return file;
  }

  private Path withExtra(String name, long... shape) throws IOException {
    return changed("mae-encoder.pth", "", Map.of(name, zeros(shape)));
  }

  private static Tensor zeros(long... shape) {
    return Tensor.of(
        new float[Math.toIntExact(Arrays.stream(shape).reduce(1, (a, b) -> a * b))], shape);
  }

  private static ForeignWeights weights(Path file) {
    return ForeignWeights.of(file).heads(Foreign.HEADS).decoderHeads(Foreign.HEADS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          reg_token                  | register tokens
          norm_pre.weight            | a norm before the blocks
          blocks.0.ls1.gamma         | a scale behind each branch
          blocks.1.attn.q_norm.bias  | norms of queries and keys
          dist_token                 | a distillation token
          blocks.0.mlp.w12.weight    | a gated MLP
          attn_pool.q.weight         | attention pooling
          patch_embed.norm.weight    | a convolutional stem
          blocks.0.attn.rel_pos.bias | relative positions
          """)
  void partsThatLacunaDoesNotHaveAreNamed(String tensor, String part) throws IOException {
    Path file = withExtra(tensor, 16);
    assertRefused(
        () -> weights(file).read(), file.toString(), part, tensor, "choose a model without");
  }

  @Test
  void whatIsMissingUnexpectedAndMisshapenIsListed() throws IOException {
    Path missing = changed("mae-encoder.pth", "blocks.1.attn.proj.bias", Map.of());
    assertRefused(
        () -> weights(missing).read(),
        missing + ": the weights do not fit the architecture",
        "1 missing:\n    blocks.1.attn.proj.bias");

    Path extra = withExtra("blocks.0.adapter.weight", 4, 4);
    assertRefused(() -> weights(extra).read(), "1 unexpected:\n    blocks.0.adapter.weight");

    Path other = changed("mae-encoder.pth", "norm.bias", Map.of("norm.bias", zeros(15)));
    assertRefused(
        () -> weights(other).read(), "1 misshapen:\n    norm.bias: expected [16], found [15]");
  }

  @Test
  void aKeyWithoutItsQueryIsNoAttention() throws IOException {
    Path file =
        changed(
            "hf-vitmae.safetensors",
            "vit.encoder.layer.0.attention.attention.query.bias",
            Map.of());
    assertRefused(
        () -> weights(file).read(),
        "1 missing:\n    blocks.0.attn.qkv.bias",
        "2 unexpected:\n    blocks.0.attn.k.bias\n    blocks.0.attn.v.bias");
  }

  @Test
  void anotherArchitectureThanTheOneAskedForIsDescribed() {
    assertRefused(
        () -> Foreign.weights("mae-encoder.pth").architecture(VitConfig.base16()).read(),
        "they look like a ViT of width 16, 2 blocks, patches of 4 x 4 with 3 channels, 9 patch",
        "pos_embed: expected [1, 197, 768], found [1, 10, 16]");
  }

  @Test
  void anEncoderAloneIsRefusedWhereADecoderIsNeeded() {
    assertRefused(
        () -> Foreign.weights("mae-encoder.pth").requireDecoder().read(),
        "they hold an encoder alone, where encoder and decoder are needed");
  }

  @Test
  void valuesThatAreNotFiniteAreRefused() throws IOException {
    Path file =
        changed("mae-encoder.pth", "cls_token", Map.of("cls_token", Tensor.of(nan(16), 1, 1, 16)));
    assertRefused(
        () -> weights(file).read(),
        "1 with NaN or infinite values:\n    cls_token",
        "take an earlier checkpoint");
  }

  private static float[] nan(int size) {
    float[] values = new float[size];
    values[size - 1] = Float.NaN;
    return values;
  }

  @Test
  void numbersOfEightBitsAreRefused() throws IOException {
    Tensor eight = Tensor.of(Tensor.Type.F8_E4M3, ByteBuffer.allocate(16), 16);
    Path file = changed("mae-encoder.pth", "norm.bias", Map.of("norm.bias", eight));
    assertRefused(
        () -> weights(file).read(),
        file + ": norm.bias: expected float32, float16, bfloat16 or float64, found F8_E4M3 [16]",
        "convert the file to float32");
  }

  @Test
  void aHeadOfOneOutputIsNoClassifier() throws IOException {
    Path file =
        changed("mae-encoder.pth", "", Map.of("head.weight", zeros(1, 16), "head.bias", zeros(1)));
    assertRefused(
        () -> weights(file).read(), "expected at least 2 outputs, found 1", "--drop-head");
    assertTrue(weights(file).dropHead().read().head().isEmpty());
  }

  @Test
  void twoNetworksInOneFileAreNamed() throws IOException {
    NamedTensors one = ForeignFile.read(Foreign.file("mae-encoder.pth"), false).tensors();
    NamedTensors.Builder both = NamedTensors.builder();
    for (String network : new String[] {"student.", "teacher."}) {
      one.forEach(entry -> both.add(network + entry.name(), entry.tensor()));
    }
    Path file = folder.resolve("two.safetensors");
    Safetensors.write(file, both.build(), Map.of());
    assertRefused(() -> weights(file).read(), "found 2, named [student., teacher.]");
  }

  @Test
  void aPrefixIsTakenOffAndSaid() throws IOException {
    NamedTensors one = ForeignFile.read(Foreign.file("mae-encoder.pth"), false).tensors();
    NamedTensors.Builder wrapped = NamedTensors.builder();
    one.forEach(entry -> wrapped.add("module.model.visual." + entry.name(), entry.tensor()));
    Path file = folder.resolve("wrapped.safetensors");
    Safetensors.write(file, wrapped.build(), Map.of());
    assertEquals("unwrapped module., model., visual.", weights(file).read().notes().get(0));
  }

  @Test
  void anotherNetworkIsNoVisionTransformer() throws IOException {
    Path file = folder.resolve("resnet.safetensors");
    Safetensors.write(
        file, NamedTensors.builder().add("conv1.weight", zeros(8, 3, 7, 7)).build(), Map.of());
    assertRefused(
        () -> weights(file).read(),
        "expected the names of mae, timm, hf, torchvision or lightly, found conv1.weight");

    Path empty = folder.resolve("empty.safetensors");
    Safetensors.write(empty, NamedTensors.builder().build(), Map.of());
    assertRefused(() -> weights(empty).read(), "or lightly, found no tensors; save the");
  }

  @Test
  void aHeadOfAnotherKindIsKeptOrDroppedOnRequestOnly() {
    assertRefused(
        () -> Foreign.weights("hf-vit.pth").read(), "found pooler.dense.weight", "--drop-head");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          version https://git-lfs.github.com/spec/v1 | a Git LFS pointer; run 'git lfs pull'
          <!DOCTYPE html><html><body>Sign in</body>  | a web page; download the file itself
          {"weight_map": {}}                         | a JSON file
          """)
  void filesThatAreNoWeightsAreNamed(String content, String message) throws IOException {
    Path file = folder.resolve("model.safetensors");
    Files.writeString(file, content);
    assertRefused(() -> weights(file).read(), file.toString(), message);
  }

  @Test
  void whatIsNamedAsOfTorchIsExpectedToBeOfTorch() throws IOException {
    Path page = folder.resolve("vit.pth");
    Files.writeString(page, "<head><title>Sign in</title></head>");
    assertRefused(
        () -> weights(page).read(),
        page + ": expected a file of torch.save, found a web page; download the file itself");
    Path pickle = folder.resolve("vit.bin");
    Files.write(pickle, new byte[] {(byte) 0x80, 4, (byte) 0x95, 1, 0, 0, 0, 0, 0, 0, 0, '.'});
    assertRefused(
        () -> weights(pickle).read(),
        pickle + ": expected a file of torch.save, found a Python pickle; load it in Python",
        "torch.save");
    Path empty = Files.createFile(folder.resolve("empty.pt"));
    assertRefused(() -> weights(empty).read(), empty + ": expected a file of torch.save, found an");
    Path renamed = folder.resolve("renamed.pth");
    Files.copy(Foreign.file("timm.safetensors"), renamed);
    assertEquals(Layout.TIMM, weights(renamed).read().layout());
  }

  @Test
  void aZipOfAnotherKindIsToBeUnpacked() throws IOException {
    Path file = folder.resolve("vit.pth");
    for (int method : new int[] {ZipOutputStream.DEFLATED, ZipOutputStream.STORED}) {
      byte[] content = "weights".getBytes(StandardCharsets.US_ASCII);
      try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
        ZipEntry entry = new ZipEntry("vit/readme.txt");
        entry.setMethod(method);
        CRC32 crc = new CRC32();
        crc.update(content);
        entry.setSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
      }
      assertRefused(
          () -> weights(file).read(),
          file + ": expected a file of torch.save",
          "found a zip archive",
          "vit/readme.txt",
          "unpack it, and give the checkpoint in it");
    }
  }

  @Test
  void halfADownloadIsRefused() throws IOException {
    for (String name : new String[] {"mae-encoder.pth", "mae-finetuned.pth", "timm.safetensors"}) {
      byte[] whole = Files.readAllBytes(Foreign.file(name));
      Path half = folder.resolve("half-" + name);
      Files.write(half, Arrays.copyOf(whole, whole.length / 2));
      assertRefused(() -> weights(half).read(), half.toString(), "download it again");
    }
  }

  @Test
  void theTarLayoutIsRefusedWithAHint() throws IOException {
    byte[] tar = new byte[1024];
    byte[] magic = "ustar".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(magic, 0, tar, 257, magic.length);
    Path file = Files.write(folder.resolve("old.pth"), tar);
    assertRefused(() -> weights(file).read(), "a tar archive", "save it again");
  }

  @Test
  void aTrainingsSettingsAreLeftOutOnRequestOnly() {
    assertRefused(
        () -> Foreign.weights("mae-training.pth").read(),
        "found the Python object argparse.Namespace",
        "--allow-namespace");
  }
}
