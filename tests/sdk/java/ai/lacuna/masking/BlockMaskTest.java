package ai.lacuna.masking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class BlockMaskTest {
  private static final int DRAWS = 200;

  @Test
  void everyRemovedRegionHoldsALeastBlock() {
    for (PatchGrid grid : Masks.GRIDS) {
      for (double ratio : new double[] {0.1, 0.4, 0.5, 0.75, 0.9}) {
        int keep = RandomMask.keep(grid.size(), ratio);
        BlockMask sampler = new BlockMask(grid, keep, BlockMask.LEAST);
        int least = (int) Math.min(grid.size() - keep, Math.round(0.08 * grid.size()));
        for (int id = 0; id < DRAWS; id++) {
          boolean[] removed = Masks.removed(sampler.sample(1, 0, id));
          for (int size : Masks.regions(removed, grid)) {
            assertTrue(size >= least, grid + " at " + ratio + ": a region of " + size);
          }
        }
      }
    }
  }

  @Test
  void blocksHaveFewRegionsWhereRandomMasksHaveMany() {
    PatchGrid grid = new PatchGrid(14, 14);
    int blocks = 0;
    int random = 0;
    for (int id = 0; id < DRAWS; id++) {
      blocks += regions(new BlockMask(grid, 98, BlockMask.LEAST), grid, id);
      random += regions(new RandomMask(196, 98), grid, id);
    }
    assertTrue(blocks < 3 * DRAWS, blocks + " regions");
    assertTrue(random > 5 * blocks, random + " regions");
  }

  private static int regions(MaskSampler sampler, PatchGrid grid, int id) {
    return Masks.regions(Masks.removed(sampler.sample(0, 0, id)), grid).size();
  }

  @Test
  void blocksComeInBothOrientationsAndReachEveryPatch() {
    PatchGrid grid = new PatchGrid(10, 10);
    BlockMask sampler = new BlockMask(grid, 80, 0.2);
    int tall = 0;
    int wide = 0;
    int[] counts = new int[100];
    for (int id = 0; id < 2000; id++) {
      boolean[] removed = Masks.removed(sampler.sample(3, 0, id));
      int[] bounds = Masks.bounds(removed, grid);
      tall += bounds[0] > bounds[1] ? 1 : 0;
      wide += bounds[1] > bounds[0] ? 1 : 0;
      for (int patch = 0; patch < 100; patch++) {
        counts[patch] += removed[patch] ? 1 : 0;
      }
    }
    assertTrue(tall > 600 && wide > 600, tall + " tall, " + wide + " wide of 2000");
    for (int count : counts) {
      assertTrue(count > 20, "a patch was removed " + count + " times in 2000");
    }
  }

  @Test
  void theWindowIsOneRectangleWithAtMostOneRowCutShort() {
    for (PatchGrid grid : Masks.GRIDS) {
      for (int count = 1; count < grid.size(); count++) {
        for (int id = 0; id < 10; id++) {
          Mask removing = new WindowMask(grid, grid.size() - count).sample(0, 0, id);
          assertWindow(Masks.removed(removing), grid, count);
          Mask keeping = new InverseBlockMask(grid, count).sample(0, 0, id);
          assertWindow(Masks.kept(keeping), grid, count);
        }
      }
    }
  }

  private static void assertWindow(boolean[] patches, PatchGrid grid, int count) {
    assertEquals(List.of(count), Masks.regions(patches, grid));
    int[] bounds = Masks.bounds(patches, grid);
    int missing = bounds[0] * bounds[1] - count;
    assertTrue(missing >= 0 && missing < bounds[1], count + " patches in " + bounds[0] + " rows");
  }

  @Test
  void theStratifiedShareLiesInTheBlocksOfABlockMask() {
    PatchGrid grid = new PatchGrid(14, 14);
    StratifiedMask sampler = new StratifiedMask(grid, 49, 0.6, 0.1);
    assertEquals(88, sampler.inBlocks());
    BlockMask blocks = new BlockMask(grid, 196 - 88, 0.1);
    double singles = 0;
    for (int id = 0; id < DRAWS; id++) {
      boolean[] removed = Masks.removed(sampler.sample(4, 2, id));
      boolean[] inBlocks = Masks.removed(blocks.sample(4, 2, id));
      for (int patch = 0; patch < 196; patch++) {
        assertTrue(removed[patch] || !inBlocks[patch]);
      }
      singles += removed[0] && !inBlocks[0] ? 1 : 0;
    }
    // Corners are seldom in a block; single patches take 59 of the 108 that blocks leave.
    assertTrue(singles > 0.3 * DRAWS, singles + " of " + DRAWS);
  }
}
