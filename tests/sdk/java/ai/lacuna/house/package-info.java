/** Rules of the house that compiled classes must keep: which room may use which. */
@NullMarked
package ai.lacuna.house;

import org.jspecify.annotations.NullMarked;
