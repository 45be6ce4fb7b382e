using NJepa.Models;

namespace NJepa.Training;

/// <summary>
/// Layer-wise decay of the learning rate (BEiT, arXiv 2106.08254; MAE, arXiv 2111.06377, appendix A.1): of <c>depth</c> blocks counted from 0, block i learns at <c>decay^(depth - i)</c> of the rate, the patch
/// embedding at <c>decay^(depth + 1)</c>, the final LayerNorm and the head at the whole rate.
/// </summary>
internal static class LayerRates
{
    /// <summary>The share of the learning rate of a parameter.</summary>
    /// <param name="name">Its name, without a prefix.</param>
    /// <param name="depth">The number of blocks.</param>
    /// <param name="decay">The decay from layer to layer, in (0, 1].</param>
    public static double Factor(string name, int depth, double decay)
    {
        string[] parts = name.Split('.');
        return parts[0] switch
        {
            "patch_embed" => Math.Pow(decay, depth + 1),
            "blocks" => Math.Pow(decay, depth - int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture)),
            _ => 1,
        };
    }

    /// <summary>
    /// The ranges of a buffer, as few as there can be: within each half of it (decayed, not decayed) the parameters stand in the order of the layers, so that each layer is one range, and without
    /// decay each half.
    /// </summary>
    public static IReadOnlyList<OptimizerRange> Ranges(ParameterBuffer parameters, int depth, double decay)
    {
        var ranges = new List<OptimizerRange>();
        foreach (ModelParameter parameter in parameters.Parameters)
        {
            double factor = Factor(parameter.Name, depth, decay);
            if (ranges.Count > 0 && ranges[^1] is var last && last.Decayed == parameter.IsDecayed && last.RateFactor == factor)
            {
                ranges[^1] = last with { Count = last.Count + parameter.Count };
            }
            else
            {
                ranges.Add(new OptimizerRange(parameter.Offset, parameter.Count, parameter.IsDecayed, factor));
            }
        }

        return ranges;
    }
}
