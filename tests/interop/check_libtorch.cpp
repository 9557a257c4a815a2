// Loads a bundle's archives with libtorch in C++ and prints sums of what they give. Run by hand:
//
//   T=$(python -c 'import torch; print(torch.__path__[0])')
//   g++ -std=c++20 check_libtorch.cpp -I$T/include -I$T/include/torch/csrc/api/include -L$T/lib \
//       -Wl,-rpath,$T/lib -ltorch -ltorch_cpu -lc10 -o check_libtorch
//   ./check_libtorch 28 28 1 bundle/encoder.pt bundle/classifier.pt
//
// The three images are levels 0, 1, ..., 255, 0, ...; check_torchscript.py prints the same sums.
#include <torch/script.h>

#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: check_libtorch HEIGHT WIDTH CHANNELS ARCHIVE...\n");
    return 2;
  }
  const int64_t height = std::atoi(argv[1]), width = std::atoi(argv[2]), channels = std::atoi(argv[3]);
  torch::NoGradGuard no_grad;
  const auto images = torch::arange(3 * height * width * channels)
                          .remainder(256)
                          .to(torch::kUInt8)
                          .reshape({3, height, width, channels});
  for (int i = 4; i < argc; i++) {
    torch::jit::Module module = torch::jit::load(argv[i]);
    const auto result = module.forward({images}).toTensor().to(torch::kDouble);
    std::printf("%s: %s, sum of magnitudes %.6f, parameters %zu\n", argv[i],
                torch::str(result.sizes()).c_str(), result.abs().sum().item<double>(),
                static_cast<size_t>(module.parameters().size()));
  }
  return 0;
}
