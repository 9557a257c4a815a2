/** An application of Spring Boot with a bundle in its jar. */
@NullMarked
package ai.lacuna.interop.spring;

import org.jspecify.annotations.NullMarked;
