package ai.lacuna.djl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Application;
import ai.djl.repository.MRL;
import ai.djl.repository.RemoteRepository;
import ai.djl.repository.Repository;
import ai.djl.repository.zoo.ModelZoo;
import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Addresses of other zoos mean what DJL's own factory makes of them. */
class DjlAddressesTest {
  private static final String GROUP = "org.example.models";

  /** A zoo of one model on DJL's server. */
  private static final class OtherZoo extends ModelZoo {
    OtherZoo() {
      Repository remote = new RemoteRepository("other", URI.create("https://mlrepo.djl.ai/"));
      addModel(remote.model(Application.CV.OBJECT_DETECTION, GROUP, "ssd"));
    }

    @Override
    public String getGroupId() {
      return GROUP;
    }

    @Override
    public Set<String> getSupportedEngines() {
      return Set.of("PyTorch");
    }
  }

  @BeforeAll
  static void register() {
    ModelZoo.registerModelZoo(OtherZoo::new);
  }

  @Test
  void otherGroupsStayOnDjlsServer() {
    Repository repository =
        Repository.newInstance("r", "djl://" + GROUP + "/ssd/0.0.1/resnet50?size=%7B1%7D");
    assertTrue(repository instanceof RemoteRepository, repository.getClass().getName());
    assertEquals(URI.create("https://mlrepo.djl.ai/?size=%7B1%7D"), repository.getBaseUri());
    MRL model = repository.getResources().get(0);
    assertEquals("djl://" + GROUP + "/ssd", model.toString());
    assertEquals("0.0.1", model.getVersion());
    assertEquals(Application.CV.OBJECT_DETECTION, model.getApplication());
  }

  @Test
  void addressesOfNothingAreRefused() {
    for (String address :
        new String[] {
          "djl://" + GROUP + "/yolo", "djl://org.example.none/ssd", "djl://" + GROUP, "djl:ssd"
        }) {
      IllegalArgumentException refusal =
          assertThrows(
              IllegalArgumentException.class, () -> Repository.newInstance("r", address), address);
      assertTrue(String.valueOf(refusal.getMessage()).startsWith(address), refusal::toString);
    }
  }
}
