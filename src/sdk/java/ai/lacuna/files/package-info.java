/**
 * Files that survive a crash: written beside, synced, then renamed.
 *
 * <p>A reader sees the old file or the new one, never a part of either.
 *
 * <p>{@link ai.lacuna.files.ProcessLock} lets one thread of one process at a time change what
 * several files say together.
 */
@NullMarked
package ai.lacuna.files;

import org.jspecify.annotations.NullMarked;
