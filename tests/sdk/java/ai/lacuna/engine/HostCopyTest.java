package ai.lacuna.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HostCopyTest {
  private static final float[] VALUES = {1, 2, 3};

  private static NDManager manager() {
    return NDManager.newBaseManager(Device.cpu(), Devices.ENGINE);
  }

  @Test
  void anArrayOfTheHostIsReadWhereItIsAndStays() {
    try (NDManager manager = manager()) {
      NDArray array = manager.create(VALUES);
      assertArrayEquals(VALUES, HostCopy.floats(array));
      assertArrayEquals(VALUES, HostCopy.floats(array));
      assertEquals(1, manager.getManagedArrays().size());
    }
  }

  /** As DJL copies from a GPU: to a new manager under that of the array. */
  @Test
  void theCopyOfAnotherDevicesArrayIsClosedWithItsManager() {
    try (NDManager manager = manager()) {
      NDArray array = manager.create(VALUES);
      List<NDManager> made = new ArrayList<>();
      NDArray far =
          (NDArray)
              Proxy.newProxyInstance(
                  NDArray.class.getClassLoader(),
                  new Class<?>[] {NDArray.class},
                  (self, method, arguments) -> {
                    if (!method.getName().equals("toDevice")) {
                      return method.invoke(array, arguments);
                    }
                    NDManager under = manager.newSubManager(Device.cpu());
                    made.add(under);
                    NDArray copy = array.duplicate();
                    copy.attach(under);
                    return copy;
                  });
      assertArrayEquals(VALUES, HostCopy.floats(far));
      assertEquals(1, made.size());
      assertFalse(made.get(0).isOpen());
      assertEquals(1, manager.getManagedArrays().size());
    }
  }
}
