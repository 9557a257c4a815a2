package ai.lacuna.zoo;

/**
 * An export of an entry, as it was found to be on the machine that made it.
 *
 * @param runtime what runs it, for example {@code ONNX Runtime}
 * @param file its name in the bundle
 * @param bytes its size
 * @param maxAbsError largest difference of a feature from DJL's; 0 for DJL itself
 * @param milliseconds median time of one image, preprocessing included
 * @param batch images of a larger call
 * @param batchMilliseconds median time of such a call
 * @param run how to repeat it, and where and when it was measured
 */
public record ZooExport(
    String runtime,
    String file,
    long bytes,
    double maxAbsError,
    double milliseconds,
    int batch,
    double batchMilliseconds,
    ZooResult.Run run) {}
