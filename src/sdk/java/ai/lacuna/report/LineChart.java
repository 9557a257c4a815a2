package ai.lacuna.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Curves over a common axis as inline SVG, in the page's colours; a figure that is not finite makes
 * no point.
 *
 * @param title what is shown
 * @param xLabel what the horizontal axis counts
 * @param series at most five curves
 */
public record LineChart(String title, String xLabel, List<Series> series) {
  /** The most curves of a chart: the page has no more colours. */
  public static final int MOST_SERIES = 5;

  private static final int WIDTH = 480;
  private static final int HEIGHT = 230;
  private static final int LEFT = 52;
  private static final int RIGHT = 12;
  private static final int TOP = 12;
  private static final int BOTTOM = 34;
  private static final int TICKS = 4;

  /** More points than pixels say nothing; the curve keeps every n-th, and the last. */
  private static final int MOST_POINTS = 400;

  /**
   * A point.
   *
   * @param x on the horizontal axis
   * @param y on the vertical axis
   */
  public record Point(double x, double y) {}

  /**
   * A curve.
   *
   * @param name its name in the legend; empty for none
   * @param points in ascending order of x
   */
  public record Series(String name, List<Point> points) {
    /** Leaves out points that are not finite. */
    public Series {
      points =
          points.stream().filter(p -> Double.isFinite(p.x()) && Double.isFinite(p.y())).toList();
    }
  }

  /**
   * Copies the curves.
   *
   * @throws IllegalArgumentException if there are more than {@link #MOST_SERIES}
   */
  public LineChart {
    series = List.copyOf(series);
    if (series.size() > MOST_SERIES) {
      throw new IllegalArgumentException(
          title + ": expected at most " + MOST_SERIES + " curves, found " + series.size());
    }
  }

  /** Whether there is no point to show. */
  public boolean isEmpty() {
    return series.stream().allMatch(s -> s.points().isEmpty());
  }

  /**
   * Appends the chart with its title and legend.
   *
   * @param html where to
   */
  public void appendTo(Html html) {
    html.raw("<figure class=\"chart\">\n");
    html.raw("<figcaption>" + Html.escape(title));
    for (int i = 0; i < series.size(); i++) {
      if (!series.get(i).name().isEmpty() && !series.get(i).points().isEmpty()) {
        html.raw(" <span class=\"key s" + i + "\">" + Html.escape(series.get(i).name()));
        html.raw("</span>");
      }
    }
    html.raw("</figcaption>\n");
    html.raw("<svg viewBox=\"0 0 " + WIDTH + " " + HEIGHT + "\" role=\"img\" aria-label=\"");
    html.raw(Html.escape(title + " over " + xLabel) + "\">\n");
    Axis x = Axis.of(all().stream().mapToDouble(Point::x).toArray(), false);
    Axis y = Axis.of(all().stream().mapToDouble(Point::y).toArray(), true);
    grid(html, x, y);
    for (int i = 0; i < series.size(); i++) {
      curve(html, series.get(i).points(), i, x, y);
    }
    html.raw("</svg>\n</figure>\n");
  }

  private List<Point> all() {
    return series.stream().flatMap(s -> s.points().stream()).toList();
  }

  private void grid(Html html, Axis x, Axis y) {
    for (double tick : y.ticks()) {
      String at = number(y.place(tick, HEIGHT - BOTTOM, TOP));
      html.raw("<line class=\"grid\" x1=\"" + LEFT + "\" x2=\"" + (WIDTH - RIGHT));
      html.raw("\" y1=\"" + at + "\" y2=\"" + at + "\"/>");
      html.raw("<text class=\"y\" x=\"" + (LEFT - 8) + "\" y=\"" + at + "\">");
      html.raw(y.label(tick) + "</text>\n");
    }
    for (double tick : x.ticks()) {
      String at = number(x.place(tick, LEFT, WIDTH - RIGHT));
      html.raw("<text class=\"x\" x=\"" + at + "\" y=\"" + (HEIGHT - BOTTOM + 16) + "\">");
      html.raw(x.label(tick) + "</text>\n");
    }
    html.raw("<text class=\"x\" x=\"" + (LEFT + WIDTH - RIGHT) / 2 + "\" y=\"" + (HEIGHT - 2));
    html.raw("\">" + Html.escape(xLabel) + "</text>\n");
  }

  private static void curve(Html html, List<Point> points, int index, Axis x, Axis y) {
    int every = Math.max(1, (points.size() + MOST_POINTS - 1) / MOST_POINTS);
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < points.size(); i++) {
      if (i % every == 0 || i == points.size() - 1) {
        path.append(path.isEmpty() ? "" : " ");
        path.append(number(x.place(points.get(i).x(), LEFT, WIDTH - RIGHT))).append(',');
        path.append(number(y.place(points.get(i).y(), HEIGHT - BOTTOM, TOP)));
      }
    }
    html.raw("<polyline class=\"s" + index + "\" points=\"" + path + "\"/>\n");
    if (points.size() <= TICKS * TICKS) {
      for (Point point : points) {
        html.raw("<circle class=\"s" + index + "\" r=\"3\" cx=\"");
        html.raw(number(x.place(point.x(), LEFT, WIDTH - RIGHT)) + "\" cy=\"");
        html.raw(number(y.place(point.y(), HEIGHT - BOTTOM, TOP)) + "\"/>\n");
      }
    }
  }

  private static String number(double value) {
    return Html.number("%.1f", value);
  }

  /** A range with round ticks. */
  private record Axis(double low, double high, double step) {

    static Axis of(double[] values, boolean padded) {
      double low = Double.POSITIVE_INFINITY;
      double high = Double.NEGATIVE_INFINITY;
      for (double value : values) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
      if (values.length == 0) {
        return new Axis(0, 1, 0.5);
      }
      if (high - low < 1e-12 * Math.max(1, Math.abs(high))) {
        double room = high == 0 ? 1 : Math.abs(high) / 10;
        boolean isShare = padded && low >= 0 && high <= 1;
        low -= padded ? room : 0;
        high += room;
        if (isShare) { // Nothing is above 100 %, nor below 0.
          low = Math.max(0, low);
          high = Math.min(1, high);
        }
      }
      double step = round((high - low) / TICKS);
      return padded
          ? new Axis(Math.floor(low / step) * step, Math.ceil(high / step) * step, step)
          : new Axis(low, high, Math.max(1, step)); // What is counted is whole.
    }

    /** The least of 1, 2, 5 · 10ⁿ that is not below. */
    private static double round(double least) {
      double power = Math.pow(10, Math.floor(Math.log10(least)));
      for (double factor : new double[] {1, 2, 5}) {
        if (factor * power >= least * (1 - 1e-9)) {
          return factor * power;
        }
      }
      return 10 * power;
    }

    List<Double> ticks() {
      List<Double> ticks = new ArrayList<>();
      long first = (long) Math.ceil(low / step - 1e-9);
      for (long i = first; i * step <= high + 1e-9 * step; i++) {
        ticks.add(i * step);
      }
      return ticks;
    }

    double place(double value, double from, double to) {
      return from + (value - low) / (high - low) * (to - from);
    }

    String label(double tick) {
      if (step >= 1e6) {
        return Html.number("%.0fM", tick / 1e6);
      }
      if (step >= 1) {
        return Html.number("%,.0f", tick);
      }
      int decimals = (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
      return decimals > 5 ? Html.number("%.1e", tick) : Html.number("%." + decimals + "f", tick);
    }
  }
}
