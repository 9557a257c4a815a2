/**
 * Search by picture: an index of embeddings on disk, and cosine nearest neighbours in it.
 *
 * <p>{@link ai.lacuna.search.ImageIndex} is immutable and safe for use by several threads.
 */
@NullMarked
package ai.lacuna.search;

import org.jspecify.annotations.NullMarked;
