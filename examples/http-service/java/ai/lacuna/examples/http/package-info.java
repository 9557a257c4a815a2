/** An HTTP service over a bundle: batching, limits, back-pressure, health and metrics. */
@NullMarked
package ai.lacuna.examples.http;

import org.jspecify.annotations.NullMarked;
