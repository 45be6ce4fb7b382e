using NJepa.Masking;
using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Models.Tests;

public sealed class PositionTableTests : TensorTest
{
    [Fact]
    public void Tables_equal_the_reference()
    {
        using DisposeScope scope = NewDisposeScope();
        using SafetensorsFile file = SafetensorsFile.Open(Parity.PathOf("a_posembed.safetensors"));
        file.Entries.Should().HaveCountGreaterThan(10);
        foreach (SafetensorsEntry entry in file.Entries)
        {
            string[] parts = entry.Name.Split('_');
            int side = int.Parse(parts[0]["grid".Length..]), width = int.Parse(parts[1]["dim".Length..]);
            using Tensor table = tensor(PositionTable.SinCos(new PatchGrid(side, side), width), entry.Shape.ToArray());
            Parity.ShouldMatch(table, file.Read(entry.Name), 1e-6, what: entry.Name);
        }
    }

    [Fact]
    public void Columns_come_first_on_grids_that_are_not_square()
    {
        float[] table = PositionTable.SinCos(new PatchGrid(2, 3), 8);
        // Patch (row 1, column 2): sin 2, sin 0.02, cos 2, cos 0.02, then the same of 1.
        double[] expected = [Math.Sin(2), Math.Sin(0.02), Math.Cos(2), Math.Cos(0.02), Math.Sin(1), Math.Sin(0.01), Math.Cos(1), Math.Cos(0.01)];
        table[^8..].Select(value => (double)value).Should().Equal(expected, (actual, wanted) => Math.Abs(actual - wanted) < 1e-7);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void Widths_that_four_does_not_divide_are_refused(int width)
    {
        Action make = () => PositionTable.SinCos(new PatchGrid(2, 2), width);
        make.Should().Throw<ArgumentOutOfRangeException>().WithMessage("The width of a position table must be a positive multiple of 4 (sines and cosines of two axes).*");
    }
}
