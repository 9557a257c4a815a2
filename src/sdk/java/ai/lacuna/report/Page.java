package ai.lacuna.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The frame that Lacuna's pages share: head, styles, and a policy that forbids to fetch. */
public final class Page {
  private Page() {}

  /**
   * Frames a page.
   *
   * @param title the title of the window
   * @param body what stands in the page
   * @return the whole page
   */
  public static String of(String title, Html body) {
    return of(title, "", body);
  }

  /**
   * Frames a page with styles of its own.
   *
   * @param title the title of the window
   * @param style CSS after the common one
   * @param body what stands in the page
   * @return the whole page
   */
  public static String of(String title, String style, Html body) {
    return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        + "<meta name=\"color-scheme\" content=\"light dark\"/>\n"
        + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        + "img-src data:; style-src 'unsafe-inline'\"/>\n"
        + new Html().element("title", title)
        + "<style>\n"
        + resource("report.css")
        + style
        + "</style>\n</head>\n<body>\n<main>\n"
        + body
        + "</main>\n</body>\n</html>\n";
  }

  /**
   * Returns Lacuna's mark as SVG.
   *
   * @return markup
   */
  public static String mark() {
    return resource("mark.svg");
  }

  private static String resource(String name) {
    try (InputStream in = Page.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + ": missing in the jar; build again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
