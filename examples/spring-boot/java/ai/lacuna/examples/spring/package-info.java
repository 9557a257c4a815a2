/** A service of Spring Boot that classifies images with an exported bundle. */
@NullMarked
package ai.lacuna.examples.spring;

import org.jspecify.annotations.NullMarked;
