package ai.lacuna.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Hostile and damaged checkpoints: each a {@link WeightsException}, or exactly the good values. */
class TorchAttackTest {
  private static final int DAMAGES = 1000;

  /** What an attacker would like to have called. */
  private static final List<String> WISHES =
      List.of(
          "os\nsystem",
          "posix\nsystem",
          "nt\nsystem",
          "subprocess\nPopen",
          "subprocess\ncall",
          "builtins\neval",
          "builtins\nexec",
          "builtins\ncompile",
          "builtins\n__import__",
          "builtins\ngetattr",
          "builtins\nopen",
          "__builtin__\neval",
          "shutil\nrmtree",
          "socket\nsocket",
          "runpy\nrun_path",
          "importlib\nimport_module",
          "pickle\nloads",
          "torch\nload",
          "torch.jit\nload",
          "torch.hub\nload",
          "torch.serialization\nload",
          "torch._utils\n_rebuild_tensor_v2.__globals__",
          "torch.storage\n_load_from_bytes",
          "functools\npartial",
          "operator\nattrgetter",
          "operator\nmethodcaller",
          "collections\nnamedtuple",
          "collections\nOrderedDict.__init__",
          "types\nCodeType",
          "numpy.core.multiarray\n_reconstruct",
          "torch.nn.modules.linear\nLinear",
          "webbrowser\nopen",
          "ctypes\nCDLL",
          "torch._utils\n_import_dotted_name",
          "argparse\nArgumentParser",
          "copyreg\n_reconstructor",
          "asyncio\nrun",
          "urllib.request\nurlopen",
          "torch\nFloatStorage.from_file",
          "java.lang\nRuntime");

  private final Path folder;

  TorchAttackTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static byte[] bytes(String latin) {
    return latin.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** A pickle of protocol 2 with that program and a stop. */
  private static byte[] pickle(String program) {
    return bytes("\u0080\u0002" + program + ".");
  }

  private static String text(String value) {
    return "X" + (char) value.length() + "\0\0\0" + value;
  }

  private static void stored(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    CRC32 crc = new CRC32();
    crc.update(content);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  private Path archive(byte[] pickle) throws IOException {
    Path file = folder.resolve("attack.pth");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      stored(zip, "a/data.pkl", pickle);
      stored(zip, "a/data/0", new byte[16]);
    }
    return file;
  }

  private static void assertRefused(Path file, String what) {
    WeightsException refusal =
        assertThrows(WeightsException.class, () -> TorchCheckpoint.read(file, true), what);
    String message = String.valueOf(refusal.getMessage());
    assertTrue(message.startsWith(file.toString()), message);
    assertEquals(1, message.lines().count(), message);
  }

  @Test
  void everyHostilePickleIsRefused() throws IOException {
    List<String> programs = new ArrayList<>();
    String command = text("touch owned");
    for (String wish : WISHES) {
      programs.add("c" + wish + "\n(" + command + "tR"); // GLOBAL, REDUCE
      programs.add("c" + wish + "\n(" + command + "t\u0081"); // GLOBAL, NEWOBJ
      programs.add("(" + command + "i" + wish + "\n"); // INST
      programs.add("(c" + wish + "\n" + command + "o"); // OBJ
      String[] parts = wish.split("\n", -1);
      programs.add(text(parts[0]) + text(parts[1]) + "\u0093(" + command + "tR"); // STACK_GLOBAL
      programs.add("}" + text("w") + "c" + wish + "\n" + command + "\u0085Rs"); // inside a map
    }
    assertTrue(programs.size() >= 200, programs.size() + " pickles");
    for (String program : programs) {
      assertRefused(archive(pickle(program)), program);
    }
  }

  @Test
  void malformedProgramsAreRefused() throws IOException {
    String ordered = "ccollections\nOrderedDict\n";
    String rebuild = "ctorch._utils\n_rebuild_tensor_v2\n";
    String storage = "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu");
    List<String> programs =
        List.of(
            "",
            "0",
            "}}",
            "(",
            "t",
            "R",
            "a",
            "s",
            "u",
            "b",
            "Q",
            "\u0087",
            "h\0",
            "j\0\0\0\0",
            "]K\1a", // a list where tensors are expected
            "]q\0h\0a", // a list within itself
            "}q\0" + text("a") + "h\0s", // a map within itself
            "}" + text("a") + "K\1s" + text("a") + "K\1s", // a key twice
            "}]K\1s", // a list as a key
            "K\1K\2a",
            "X\u00ff\u00ff\u00ff\u00ff",
            "X\1\0\0\0\u00ff", // not UTF-8
            "\u008a\t123456789", // an integer of nine bytes
            ordered + "K\1\u0085R",
            ordered + ")R}(K\1b",
            "}K\1b",
            rebuild + ")R",
            rebuild + "(" + storage + "K\4tQK\0K\2\u0085K\1\u0085\u0089}" + "K\1K\1K\1tR",
            "}" + text("a") + storage + "K\4tQs", // a storage is no tensor
            "}" + text("a") + view(storage, 4, 1, 4, 1) + "s", // one element too far
            "}" + text("a") + view(storage, 4, 0, 255, 0) + "s", // repeated by a stride of 0
            "}" + text("a") + view(storage, 5, 0, 4, 1) + "s", // a storage longer than its record
            "}" + text("a") + view(storage, 3, 0, 3, 1) + "s", // and a shorter one
            "}" + text("a") + view(storage.replace("0", "../0"), 4, 0, 4, 1) + "s",
            "}" + text("a") + view(storage.replace("0", "9"), 4, 0, 4, 1) + "s");
    for (String program : programs) {
      assertRefused(archive(pickle(program)), program);
    }
    assertRefused(archive(bytes("\u0080\u0004}.")), "protocol 4");
    assertRefused(archive(bytes("\u0080\u0002}..")), "bytes behind the pickle");
    assertRefused(archive(pickle("}0".repeat(2_000_000))), "too many operations");
    assertRefused(archive(pickle("(".repeat(100_000))), "too deep");
    assertRefused(archive(pickle("N".repeat(100_000))), "too high a stack");
  }

  private static String view(String storage, int numel, int offset, int size, int stride) {
    return "ctorch._utils\n_rebuild_tensor_v2\n("
        + storage
        + "K"
        + (char) numel
        + "tQK"
        + (char) offset
        + "K"
        + (char) size
        + "\u0085K"
        + (char) stride
        + "\u0085\u0089}tR";
  }

  @Test
  void aWellFormedProgramOfThisKindIsRead() throws IOException {
    String storage = "(" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu");
    Path file = archive(pickle("}" + text("a") + view(storage, 4, 1, 3, 1) + "s"));
    assertEquals(3, TorchCheckpoint.read(file).tensors().require("a").numel());
  }

  @Test
  void archivesThatAreNotPyTorchsAreRefused() throws IOException {
    byte[] pickle = pickle("}");
    for (String name :
        List.of("../data.pkl", "/data.pkl", "a\\data.pkl", "data.pkl", "a/b/data.pkl", "a/x")) {
      Path file = folder.resolve("names.pth");
      try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
        stored(zip, name, pickle);
      }
      assertRefused(file, name);
    }
    Path packed = folder.resolve("packed.pth");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(packed))) {
      zip.putNextEntry(new ZipEntry("a/data.pkl"));
      zip.write(new byte[10_000_000]); // Ten megabytes in ten kilobytes.
    }
    assertRefused(packed, "packed");
    Path twice = folder.resolve("twice.pth");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(out)) {
      stored(zip, "a/data.pkl", pickle);
      stored(zip, "b/data.pkl", pickle);
    }
    String both = out.toString(StandardCharsets.ISO_8859_1);
    Files.write(twice, bytes(both.replace("b/data.pkl", "a/data.pkl")));
    assertRefused(twice, "one name twice");
    Files.write(twice, bytes(both.replaceFirst("b/data.pkl", "c/data.pkl")));
    assertRefused(twice, "headers that disagree");
    Files.write(twice, bytes("#!/bin/sh\n" + both));
    assertRefused(twice, "bytes before the archive");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"torch-save-zip.pth", "torch-save-stacked.pth", "torch-save-training.pth"})
  void truncationsAreRefused(String name) throws IOException {
    byte[] good = Files.readAllBytes(TorchCheckpointTest.fixture(name));
    Random random = new Random(1);
    Path file = folder.resolve("cut.pth");
    for (int i = 0; i < DAMAGES; i++) {
      int length = i < good.length && i < 100 ? i : random.nextInt(good.length);
      Files.write(file, Arrays.copyOf(good, length));
      assertRefused(file, name + " cut to " + length);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"torch-save-zip.pth", "torch-save-training.pth"})
  void flippedBitsOfAZipAreRefusedOrChangeNothing(String name) throws IOException {
    byte[] good = Files.readAllBytes(TorchCheckpointTest.fixture(name));
    String digest =
        TorchCheckpoint.read(TorchCheckpointTest.fixture(name), true).tensors().sha256();
    int refused = 0;
    for (byte[] bad : flipped(good)) {
      Path file = Files.write(folder.resolve("flip.pth"), bad);
      try {
        assertEquals(digest, TorchCheckpoint.read(file, true).tensors().sha256());
      } catch (WeightsException e) {
        refused++;
      }
    }
    // Padding, time stamps and unused records are the rest.
    assertTrue(refused > DAMAGES / 4, refused + " refused");
  }

  @Test
  void flippedBitsOfStackedPicklesAreRefusedOrSeenByTheDigest() throws IOException {
    byte[] good = Files.readAllBytes(TorchCheckpointTest.fixture("torch-save-stacked.pth"));
    int refused = 0;
    for (byte[] bad : flipped(good)) {
      Path file = Files.write(folder.resolve("flip.pth"), bad);
      try {
        assertTrue(TorchCheckpoint.read(file, true).tensors().size() > 0);
      } catch (WeightsException e) {
        refused++;
      }
    }
    assertTrue(refused > DAMAGES / 2, refused + " refused");
  }

  private static List<byte[]> flipped(byte[] good) {
    Random random = new Random(2);
    List<byte[]> all = new ArrayList<>();
    for (int i = 0; i < DAMAGES; i++) {
      byte[] bad = good.clone();
      int bit = random.nextInt(8 * bad.length);
      bad[bit / 8] ^= (byte) (1 << (bit % 8));
      all.add(bad);
    }
    return all;
  }

  @Test
  void aHugeFileOfZerosIsRefusedAtOnce() throws IOException {
    Path file = folder.resolve("zeros.pth");
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(bytes("PK\u0003\u0004"));
      out.write(new byte[1_000_000]);
    }
    assertRefused(file, "zeros");
  }
}
