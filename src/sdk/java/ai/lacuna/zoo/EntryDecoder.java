package ai.lacuna.zoo;

import ai.lacuna.vit.DecoderConfig;

/**
 * What the metadata of {@code decoder.safetensors} says.
 *
 * @param decoder the decoder's shape
 * @param normPixLoss whether each target patch was normalised
 */
record EntryDecoder(DecoderConfig decoder, boolean normPixLoss) {
  static final String METADATA_KEY = "lacuna.decoder";
}
