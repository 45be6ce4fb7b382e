namespace NJepa.Masking.Tests;

public sealed class PatchBitsTests
{
    [Theory]
    [InlineData(14, 14)]
    [InlineData(3, 64)]
    [InlineData(4, 150)]
    public void Blocks_are_set_and_cleared_like_patches_one_by_one(int rows, int columns)
    {
        var grid = new PatchGrid(rows, columns);
        var bits = new ulong[PatchBits.WordsFor(grid)];
        var expected = new SortedSet<int>();
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            int height = random.Next(1, rows + 1);
            int width = random.Next(1, columns + 1);
            var block = new PatchBlock(random.Next(rows - height + 1), random.Next(columns - width + 1), height, width);
            var patches = new int[block.Area];
            PatchBits.WriteBlock(block, columns, patches);
            patches.Should().Equal(Enumerable.Range(0, grid.Count).Where(patch => block.Contains(patch / columns, patch % columns)));
            if (round % 2 == 0)
            {
                PatchBits.SetBlock(bits, columns, block);
                expected.UnionWith(patches);
            }
            else
            {
                PatchBits.ClearBlock(bits, columns, block);
                expected.ExceptWith(patches);
            }

            PatchBits.Count(bits).Should().Be(expected.Count);
            var listed = new int[expected.Count];
            PatchBits.WriteLowest(bits, listed);
            listed.Should().Equal(expected);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(6)]
    [InlineData(11)]
    public void Every_member_is_in_a_random_subset_equally_often_and_so_is_every_pair(int size)
    {
        int[] members = [0, 3, 4, 9, 63, 64, 65, 70, 100, 126, 127];
        var bits = new ulong[2];
        foreach (int member in members)
        {
            bits[member >> 6] |= 1UL << (member & 63);
        }

        const int Draws = 40_000;
        var pairs = new int[members.Length, members.Length];
        var subset = new int[size];
        for (int draw = 0; draw < Draws; draw++)
        {
            var random = CounterRandom.Create(1, RandomPurpose.MaskCut, 0, draw);
            PatchBits.WriteRandomSubset(bits, members.Length, subset, ref random);
            foreach (int first in subset)
            {
                foreach (int second in subset)
                {
                    pairs[Array.IndexOf(members, first), Array.IndexOf(members, second)]++;
                }
            }

            if (draw < 100)
            {
                subset.Should().BeInAscendingOrder().And.OnlyHaveUniqueItems().And.BeSubsetOf(members);
            }
        }

        for (int first = 0; first < members.Length; first++)
        {
            for (int second = 0; second < members.Length; second++)
            {
                double share = first == second ? size / 11.0 : size * (size - 1) / 110.0;
                double tolerance = 5 * Math.Sqrt(share * (1 - share) / Draws);
                (pairs[first, second] / (double)Draws).Should().BeInRange(share - tolerance - 1e-12, share + tolerance + 1e-12);
            }
        }
    }
}
