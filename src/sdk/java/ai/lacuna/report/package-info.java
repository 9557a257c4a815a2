/**
 * Pages that travel in one file: HTML, charts as inline SVG, pictures as data; no script, nothing
 * fetched from anywhere.
 *
 * <p>Every text is escaped, numbers are written in one notation whatever the machine's locale.
 * Builders are for one thread.
 */
@NullMarked
package ai.lacuna.report;

import org.jspecify.annotations.NullMarked;
