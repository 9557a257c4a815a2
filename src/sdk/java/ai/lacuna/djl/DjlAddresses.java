package ai.lacuna.djl;

import ai.djl.repository.RemoteRepository;
import ai.djl.repository.Repository;
import ai.djl.repository.RepositoryFactory;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelZoo;
import ai.lacuna.zoo.ZooException;
import java.net.URI;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code djl://GROUP/ARTIFACT[/VERSION[/NAME]]} stands for. DJL looks for all of them on its
 * own server; entries of this zoo are not there. Addresses of other groups keep DJL's meaning.
 */
public final class DjlAddresses implements RepositoryFactory {
  private static final String DJL_SERVER = "https://mlrepo.djl.ai/";
  private static final Pattern PATH = Pattern.compile("/(.+?)(?:/([\\d.]+)(?:/(.*))?)?");

  /** For DJL. */
  public DjlAddresses() {}

  @Override
  public Set<String> getSupportedScheme() {
    return Set.of("djl");
  }

  /**
   * The repository of an address.
   *
   * @param name what DJL calls it
   * @param uri the address; its query becomes arguments
   * @throws IllegalArgumentException if there is no such group or model
   */
  @Override
  public Repository newInstance(String name, URI uri) {
    Matcher path = PATH.matcher(Optional.ofNullable(uri.getPath()).orElse(""));
    String group = uri.getHost();
    if (group == null || !path.matches()) {
      throw new IllegalArgumentException(
          uri + ": expected djl://GROUP/ARTIFACT, found another address");
    }
    ModelZoo zoo = ModelZoo.getModelZoo(group);
    if (zoo == null) {
      throw new IllegalArgumentException(
          uri + ": expected a model zoo " + group + " on the class path, found none");
    }
    return zoo instanceof LacunaModelZoo ours
        ? entry(ours, path.group(1), name, uri)
        : elsewhere(zoo, path, name, uri);
  }

  private static Repository entry(LacunaModelZoo zoo, String entry, String name, URI uri) {
    try {
      return new EntryRepository(zoo.zoo().require(entry), name, uri);
    } catch (ZooException e) {
      throw new IllegalArgumentException(uri + ": " + e.getMessage(), e);
    }
  }

  private static Repository elsewhere(ModelZoo zoo, Matcher path, String name, URI uri) {
    ModelLoader loader = zoo.getModelLoader(path.group(1));
    if (loader == null) {
      throw new IllegalArgumentException(
          uri + ": expected a model of " + zoo.getGroupId() + ", found no " + path.group(1));
    }
    String query = uri.getRawQuery();
    URI server = URI.create(query == null ? DJL_SERVER : DJL_SERVER + "?" + query);
    RemoteRepository repository = new RemoteRepository(name, server);
    repository.addResource(
        repository.model(
            loader.getApplication(),
            zoo.getGroupId(),
            path.group(1),
            path.group(2),
            path.group(3)));
    return repository;
  }
}
