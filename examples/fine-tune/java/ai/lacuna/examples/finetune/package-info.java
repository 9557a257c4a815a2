/** From labelled images to an exported classifier. */
@NullMarked
package ai.lacuna.examples.finetune;

import org.jspecify.annotations.NullMarked;
