/** Embeddings of a frozen encoder as examples of Tribuo. */
@NullMarked
package ai.lacuna.examples.tribuo;

import org.jspecify.annotations.NullMarked;
