package ai.lacuna.data;

import ai.lacuna.data.DataCheck.PartLook;
import ai.lacuna.data.DataReport.Group;
import ai.lacuna.data.DataReport.Problem;
import ai.lacuna.data.NearDuplicates.Pair;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Makes a report of what was seen of each image. */
final class ReportMaker {
  /** From this share on, one size is what is expected. */
  private static final double MAJORITY = 0.9;

  /** Near duplicates are compared once more at this side. */
  private static final int FINE_SIDE = 32;

  /** The most mean absolute difference of two near duplicates at that side, 0…255. */
  private static final double FINE_DISTANCE = 3;

  private final String source;
  private final List<PartLook> looks;
  private final int leastHeight;
  private final int leastWidth;
  private final List<Seen> all = new ArrayList<>();

  ReportMaker(String source, List<PartLook> looks, int leastHeight, int leastWidth) {
    this.source = source;
    this.looks = looks;
    this.leastHeight = leastHeight;
    this.leastWidth = leastWidth;
    for (int p = 0; p < looks.size(); p++) {
      int part = p;
      looks.get(p).read().forEach((index, look) -> all.add(new Seen(part, index, look)));
    }
  }

  /** A readable image of any part. */
  private record Seen(int part, int index, ImageLook look) {}

  DataReport report(boolean near) {
    Map<ImageLook.Digest, List<Integer>> same = new LinkedHashMap<>();
    for (int i = 0; i < all.size(); i++) {
      same.computeIfAbsent(all.get(i).look.digest(), d -> new ArrayList<>()).add(i);
    }
    List<List<Integer>> copies = same.values().stream().filter(g -> g.size() > 1).toList();
    List<Pair> pairs =
        near
            ? NearDuplicates.pairs(all.stream().map(seen -> seen.look.thumbnail()).toList())
            : List.of();
    return new DataReport(
        source,
        looks.stream().map(this::part).toList(),
        copies.stream().map(this::group).toList(),
        nearGroups(pairs).stream().map(this::group).toList(),
        near && pairs.size() < NearDuplicates.MOST_PAIRS,
        overlap(copies));
  }

  private List<String> overlap(List<List<Integer>> copies) {
    List<String> names = new ArrayList<>();
    for (List<Integer> group : copies) {
      if (all.get(group.get(0)).part == 0) {
        group.stream().map(all::get).filter(s -> s.part > 0).map(this::name).forEach(names::add);
      }
    }
    return names;
  }

  private String name(Seen seen) {
    return looks.get(seen.part).part().nameOf(seen.index);
  }

  private Group group(List<Integer> members) {
    TreeSet<String> classes = new TreeSet<>();
    TreeSet<String> parts = new TreeSet<>();
    List<String> names = new ArrayList<>();
    for (int member : members) {
      Seen seen = all.get(member);
      names.add(name(seen));
      parts.add(looks.get(seen.part).part().name());
      className(looks.get(seen.part).part(), seen.index).ifPresent(classes::add);
    }
    return new Group(List.copyOf(names), List.copyOf(classes), List.copyOf(parts));
  }

  private static Optional<String> className(CheckedPart part, int index) {
    try {
      int label = part.label(index);
      boolean named = label >= 0 && label < part.classNames().size();
      return named ? Optional.of(part.classNames().get(label)) : Optional.empty();
    } catch (IOException e) {
      throw new DataException(part.nameOf(index) + ": changed during the check", e);
    }
  }

  /** Groups of images connected by pairs that hold at a finer size and are no exact copies. */
  private List<List<Integer>> nearGroups(List<Pair> pairs) {
    Map<Integer, Integer> leader = new TreeMap<>();
    for (Pair pair : pairs) {
      ImageLook a = all.get(pair.first()).look;
      ImageLook b = all.get(pair.second()).look;
      if (!a.digest().equals(b.digest()) && alike(pair)) {
        int first = lead(leader, pair.first());
        int second = lead(leader, pair.second());
        leader.put(Math.max(first, second), Math.min(first, second));
        leader.put(Math.min(first, second), Math.min(first, second));
      }
    }
    Map<Integer, List<Integer>> groups = new TreeMap<>();
    for (int member : leader.keySet()) {
      groups.computeIfAbsent(lead(leader, member), l -> new ArrayList<>()).add(member);
    }
    return List.copyOf(groups.values());
  }

  private static int lead(Map<Integer, Integer> leader, int member) {
    int at = leader.computeIfAbsent(member, m -> m);
    while (leader.getOrDefault(at, at) != at) {
      at = leader.getOrDefault(at, at);
    }
    return at;
  }

  private boolean alike(Pair pair) {
    return ImageLook.distance(fine(pair.first()), fine(pair.second())) <= FINE_DISTANCE;
  }

  private byte[] fine(int member) {
    Seen seen = all.get(member);
    try {
      return ImageLook.grey(looks.get(seen.part).part().read(seen.index), FINE_SIDE);
    } catch (IOException e) {
      throw new DataException(name(seen) + ": changed during the check", e);
    }
  }

  private DataReport.Part part(PartLook look) {
    CheckedPart part = look.part();
    Map<String, Integer> sizes = new TreeMap<>();
    Map<String, Integer> colours = new TreeMap<>();
    Map<String, Integer> classes = new LinkedHashMap<>();
    part.classNames().forEach(name -> classes.put(name, 0));
    List<String> small = new ArrayList<>();
    List<String> wrongSuffix = new ArrayList<>();
    look.read()
        .forEach(
            (index, seen) -> {
              sizes.merge(size(seen), 1, Integer::sum);
              colours.merge(seen.colours(), 1, Integer::sum);
              className(part, index).ifPresent(name -> classes.merge(name, 1, Integer::sum));
              if (seen.height() < leastHeight || seen.width() < leastWidth) {
                small.add("%s (%s)".formatted(part.nameOf(index), size(seen)));
              }
              if (!seen.wrongSuffix().isEmpty()) {
                wrongSuffix.add(part.nameOf(index));
              }
            });
    CheckedPart.Surroundings around = part.surroundings();
    return new DataReport.Part(
        part.name(),
        part.size(),
        classes,
        byCount(sizes),
        byCount(colours),
        look.corrupt().entrySet().stream()
            .map(e -> new Problem(part.nameOf(e.getKey()), e.getValue()))
            .toList(),
        around.strays(),
        around.emptyClasses(),
        odd(look, byCount(sizes)),
        small,
        wrongSuffix,
        around.hidden());
  }

  private static String size(ImageLook look) {
    return look.height() + " x " + look.width();
  }

  private static List<String> odd(PartLook look, Map<String, Integer> sizes) {
    if (sizes.size() < 2) {
      return List.of();
    }
    Map.Entry<String, Integer> most = sizes.entrySet().iterator().next();
    if (most.getValue() < MAJORITY * look.read().size()) {
      return List.of();
    }
    List<String> odd = new ArrayList<>();
    look.read()
        .forEach(
            (index, seen) -> {
              if (!size(seen).equals(most.getKey())) {
                odd.add("%s (%s)".formatted(look.part().nameOf(index), size(seen)));
              }
            });
    return odd;
  }

  private static Map<String, Integer> byCount(Map<String, Integer> counts) {
    Map<String, Integer> sorted = new LinkedHashMap<>();
    counts.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
        .forEach(e -> sorted.put(e.getKey(), e.getValue()));
    return sorted;
  }
}
