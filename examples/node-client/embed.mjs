// Embeds images with an exported bundle, without Java.
//
//     npm install
//     node embed.mjs BUNDLE IMAGE [IMAGE ...]
//
// Prints a JSON object for each image: its name, its embedding (class token and mean of the
// patches), and its class where the bundle has a classifier.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ort from 'onnxruntime-node';
import sharp from 'sharp';

/** The bytes that the network takes; the cast and the normalisation are inside the model. */
async function prepare(path, how) {
  const upright = await decoded(sharp(path).autoOrient().removeAlpha().toColourspace('srgb'));
  const { data, info } = await decoded(fitted(upright, how));
  if (how.channels === info.channels) {
    return data;
  }
  if (how.channels !== 1 || info.channels !== 3) {
    throw new Error(`${path}: expected ${how.channels} channels, found ${info.channels}`);
  }
  // The weights of ITU-R BT.601, which the network has seen; those of sharp are others.
  return Uint8Array.from({ length: data.length / 3 }, (_, i) =>
    (19595 * data[3 * i] + 38470 * data[3 * i + 1] + 7471 * data[3 * i + 2] + 32768) >> 16);
}

const decoded = image => image.raw().toBuffer({ resolveWithObject: true });

/** The image at the network's size. */
function fitted({ data, info }, how) {
  const image = sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } });
  const { width, height, crop_fraction: share, fit = 'crop' } = how;
  const resized = (x, y) =>
    image.resize(x, y, { fit: 'fill', kernel: how.interpolation === 'bicubic' ? 'cubic' : 'linear' });
  if (share === 1 && info.width === width && info.height === height) {
    return image;
  }
  if (fit === 'squeeze') {
    return resized(width, height);
  }
  if (fit === 'pad' || fit === 'keep') {
    const scale = Math.min(width / info.width, height / info.height, fit === 'keep' ? 1 : Infinity);
    const [x, y] = [[info.width, width], [info.height, height]]
      .map(([side, most]) => Math.max(1, Math.min(most, even(side * scale))));
    const [left, top] = [Math.floor((width - x) / 2), Math.floor((height - y) / 2)];
    const fill = how.mean.map(mean => even(255 * Math.max(0, Math.min(1, mean))));
    const background = { r: fill[0], g: fill[1] ?? fill[0], b: fill[2] ?? fill[0] };
    return resized(x, y)
      .extend({ left, top, right: width - x - left, bottom: height - y - top, background });
  }
  // Scaled until it covers, then the middle of it.
  const [across, down] = [Math.floor(width / share), Math.floor(height / share)];
  const [x, y] = down * info.width >= across * info.height
    ? [Math.floor(down * info.width / info.height), down]
    : [across, Math.floor(across * info.height / info.width)];
  return resized(x, y).extract({ left: even((x - width) / 2), top: even((y - height) / 2), width, height });
}

/** The nearest whole number; of two, the even one. */
const even = x => (x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

async function main([bundle, ...paths]) {
  if (paths.length === 0) {
    console.error('usage: node embed.mjs BUNDLE IMAGE [IMAGE ...]');
    return 2;
  }
  const manifest = JSON.parse(readFileSync(join(bundle, 'manifest.json'), 'utf8'));
  const how = manifest.preprocessing;
  const pixels = await Promise.all(paths.map(path => prepare(path, how)));
  const shape = [paths.length, how.height, how.width, how.channels];
  const images = new ort.Tensor('uint8', Buffer.concat(pixels), shape);
  const encoder = await ort.InferenceSession.create(join(bundle, 'encoder.onnx'));
  const { cls, mean } = await encoder.run({ images }, ['cls', 'mean']);
  const width = cls.dims[1];
  const row = (tensor, i, size) => Array.from(tensor.data.subarray(i * size, (i + 1) * size));
  const answers = paths.map((path, i) => ({
    image: basename(path),
    embedding: [...row(cls, i, width), ...row(mean, i, width)],
  }));
  if (existsSync(join(bundle, 'classifier.onnx'))) {
    const classifier = await ort.InferenceSession.create(join(bundle, 'classifier.onnx'));
    const { probabilities } = await classifier.run({ images }, ['probabilities']);
    answers.forEach((answer, i) => {
      const all = row(probabilities, i, manifest.labels.length);
      const best = all.indexOf(Math.max(...all));
      answer.class = manifest.labels[best];
      answer.probability = all[best];
    });
  }
  answers.forEach(answer => console.log(JSON.stringify(answer)));
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
