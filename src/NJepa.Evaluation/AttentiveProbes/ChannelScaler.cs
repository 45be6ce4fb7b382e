using TorchSharp;
using static TorchSharp.torch;

namespace NJepa.Evaluation;

/// <summary>Shift and scale of every channel over all patches of a set.</summary>
/// <param name="Shift">What is subtracted [D].</param>
/// <param name="Scale">What the rest is multiplied by [D]; 0 for a channel that does not vary.</param>
internal sealed record ChannelScaler(double[] Shift, double[] Scale)
{
    /// <summary>A standard deviation below this part of the mean is rounding, not variation.</summary>
    private const double RoundingFraction = 1e-6;

    public static ChannelScaler Fit(PatchFeatureSet features, bool standardize)
    {
        int width = features.Width;
        if (!standardize)
        {
            return new(new double[width], [.. Enumerable.Repeat(1.0, width)]);
        }

        // Sums of differences from the first patch: those of the values themselves would cancel where a channel is far from 0.
        var image = new float[features.Patches * width];
        features.Values.CopyTo(0, image);
        double[] origin = [.. image.Take(width).Select(value => (double)value)];
        double[] sums = new double[width], squares = new double[width];
        for (int i = 0; i < features.Count; i++)
        {
            features.Values.CopyTo(i, image);
            for (int patch = 0; patch < features.Patches; patch++)
            {
                ReadOnlySpan<float> row = image.AsSpan(patch * width, width);
                for (int d = 0; d < width; d++)
                {
                    double off = row[d] - origin[d];
                    sums[d] += off;
                    squares[d] += off * off;
                }
            }
        }

        double count = (double)features.Count * features.Patches;
        double[] mean = [.. sums.Select((sum, d) => origin[d] + (sum / count))];
        double[] scale =
        [
            .. squares.Select((square, d) =>
            {
                double deviation = Math.Sqrt(Math.Max(0, (square / count) - (sums[d] / count * (sums[d] / count))));
                return deviation <= RoundingFraction * Math.Abs(mean[d]) || deviation < float.Epsilon ? 0 : 1 / deviation;
            }),
        ];
        return new(mean, scale);
    }

    /// <summary>Shift and scale as tensors of the caller's dispose scope, on a device.</summary>
    public (Tensor Shift, Tensor Scale) ToTensors(Device device) =>
        (AlignedTensor.From(Shift, Shift.Length).to(ScalarType.Float32).to(device), AlignedTensor.From(Scale, Scale.Length).to(ScalarType.Float32).to(device));
}
