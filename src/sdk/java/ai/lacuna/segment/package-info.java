/**
 * A class for each pixel: a dense head on a pretrained encoder, trained on images with masks.
 *
 * <pre>{@code
 * SegmentationData data = SegmentationData.open(Path.of("streets"));
 * try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist")) {
 *   Segmenter segmenter =
 *       Segmenter.builder(encoder, data.train())
 *           .plan(UnfreezePlan.parse("head@2, all@8"))
 *           .validationShare(0.1)
 *           .run(Path.of("runs/streets"))
 *           .build();
 *   try (Segmented model = segmenter.run().open(Device.cpu())) {
 *     System.out.println(model.evaluate(data.test().orElseThrow()).meanIou());
 *     Pixels mask = model.predict(Pixels.read(Path.of("street.jpg"))); // of the picture's size
 *     model.export(Path.of("bundle"), images); // for Bundle.segmenter, without libtorch
 *   }
 * }
 * }</pre>
 *
 * <p>A mask is an image of one channel that holds the class of each pixel; 255 means that the pixel
 * is in no class and counts neither in training nor in judging. Image and mask travel as one sample
 * with one channel more ({@link ai.lacuna.segment.Masks}), so that every crop and flip moves both.
 * A run has what runs of fine-tuning have: plan, rates, checkpoints, exact resume and record.
 */
@NullMarked
package ai.lacuna.segment;

import org.jspecify.annotations.NullMarked;
