package ai.lacuna.serving;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/**
 * Where a session runs.
 *
 * @param name {@code cpu} or {@code cuda:n}
 */
record OnnxDevice(String name) {
  private static final Logger LOG = System.getLogger("ai.lacuna.serving");

  /** Asks for the wanted device; without CUDA says so aloud and takes the CPU. */
  static OnnxDevice choose(OrtSession.SessionOptions session, ServingOptions options) {
    if (!options.wantsCuda()) {
      return new OnnxDevice("cpu");
    }
    try {
      session.addCUDA(options.gpu());
      return new OnnxDevice("cuda:" + options.gpu());
    } catch (OrtException e) {
      LOG.log(
          Level.WARNING,
          "device: expected "
              + options.device()
              + ", found no CUDA in ONNX Runtime ("
              + e.getMessage()
              + "); running on the CPU. Put onnxruntime_gpu in place of onnxruntime on the class"
              + " path and install CUDA and cuDNN to use the GPU.");
      return new OnnxDevice("cpu");
    }
  }
}
