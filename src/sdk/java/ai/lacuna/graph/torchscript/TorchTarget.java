package ai.lacuna.graph.torchscript;

/**
 * Where TorchScript will run. It runs everywhere, and says the same up to rounding; what differs is
 * which of libtorch's kernels it calls.
 */
public enum TorchTarget {
  /** Any machine, and CUDA: each operation as itself. */
  PORTABLE,

  /**
   * One thread of a CPU. Attention in 16 bits is two products and a softmax: libtorch's fused
   * kernel takes three times their time there.
   */
  CPU,

  /**
   * Several threads of an x86-64 CPU, in training. As {@link #CPU}, and float32 linear layers of
   * tokens are 1 × 1 convolutions of an image one pixel high, which oneDNN computes, where {@code
   * torch.linear} calls MKL. On an AMD EPYC with two threads oneDNN's products took 0.85 to 0.97 of
   * MKL's time, forward and backward; with one thread libtorch calls MKL for either. The system
   * property {@code lacuna.convolutions=false} chooses {@link #CPU} in its place.
   */
  CPU_THREADS;

  /** Whether 16-bit attention is one operation. */
  boolean fusesLowAttention() {
    return this == PORTABLE;
  }

  /** Whether float32 linear layers of tokens are convolutions. */
  boolean convolvesTokens() {
    return this == CPU_THREADS;
  }
}
