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
  let image = sharp(path).autoOrient().removeAlpha().toColourspace(how.channels === 1 ? 'b-w' : 'srgb');
  const { width, height } = await sharp(path).metadata();
  if (width !== how.width || height !== how.height) {
    const covering = [how.width, how.height].map(side => Math.round(side / how.crop_fraction));
    image = image
      .resize(...covering, { fit: 'cover', kernel: how.interpolation === 'bicubic' ? 'cubic' : 'linear' })
      .extract({
        left: Math.floor((covering[0] - how.width) / 2),
        top: Math.floor((covering[1] - how.height) / 2),
        width: how.width,
        height: how.height,
      });
  }
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  if (info.channels !== how.channels) {
    throw new Error(`${path}: expected ${how.channels} channels, found ${info.channels}`);
  }
  return data;
}

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
