/** Encoders and classifiers through DJL's own API. */
@NullMarked
package ai.lacuna.examples.djl;

import org.jspecify.annotations.NullMarked;
