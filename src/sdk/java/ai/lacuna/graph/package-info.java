/** A network as a graph of typed operations with named parameters, independent of any runtime. */
@NullMarked
package ai.lacuna.graph;

import org.jspecify.annotations.NullMarked;
