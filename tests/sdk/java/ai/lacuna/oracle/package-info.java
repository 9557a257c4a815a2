/**
 * Oracles for tests: a slow interpreter of graphs in double precision, written as the formulas are,
 * with nothing shared with the lowerings that it judges.
 */
@NullMarked
package ai.lacuna.oracle;

import org.jspecify.annotations.NullMarked;
