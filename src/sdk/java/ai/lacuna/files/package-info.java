/**
 * Files that survive a crash: written beside, synced, then renamed.
 *
 * <p>A reader sees the old file or the new one, never a part of either.
 */
@NullMarked
package ai.lacuna.files;

import org.jspecify.annotations.NullMarked;
