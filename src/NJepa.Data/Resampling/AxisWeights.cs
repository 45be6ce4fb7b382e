namespace NJepa.Data;

/// <summary>
/// The weights with which the pixels of one axis add up to those of the result: a triangle filter, as wide as the down-scale factor
/// demands, in fixed point. Reusable; arrays grow to the largest use.
/// </summary>
/// <remarks>
/// These are the weights of Pillow's antialiased bilinear resize for 8-bit images (22 fractional bits, rounded half away from zero),
/// computed on the crop alone: nothing outside the crop bleeds in.
/// </remarks>
internal sealed class AxisWeights
{
    /// <summary>Fractional bits of a weight: 8 bits of pixel, 22 of weight and 2 of head-room make 32.</summary>
    public const int FractionBits = 22;

    private const int One = 1 << FractionBits;

    private double[] _exact = [];

    /// <summary>The number of pixels of the result.</summary>
    public int Count { get; private set; }

    /// <summary>Weights for each pixel of the result: even, padded with zeros.</summary>
    public int Taps { get; private set; }

    /// <summary>For each pixel of the result, the first pixel that it reads.</summary>
    public int[] First { get; private set; } = [];

    /// <summary>[Count, Taps].</summary>
    public int[] Weights { get; private set; } = [];

    /// <summary>The first pixel that any reads, and the end of those.</summary>
    public (int Start, int End) Range { get; private set; }

    /// <summary>Computes the weights for a plan.</summary>
    /// <param name="plan">What is wanted, in pixels of the full-size image.</param>
    /// <param name="scale">Pixels here for one pixel of the full-size image: 1, or less where it was decoded smaller.</param>
    /// <param name="shift">Where the full-size image begins here.</param>
    /// <param name="size">Pixels here on this axis.</param>
    public void Compute(in AxisPlan plan, double scale, double shift, int size)
    {
        double from = shift + (plan.Start * scale);
        double to = Math.Min(shift + ((plan.Start + plan.Length) * scale), size);
        int low = Math.Min((int)from, size - 1);
        int high = Math.Max((int)Math.Ceiling(to), low + 1);

        // From here on relative to the crop, as if it had been cut out before: rounding then agrees to the last bit.
        double offset = from - low;
        double step = (to - from) / plan.Total;
        double support = Math.Max(step, 1.0);
        // No triangle of that width covers the centres of more pixels; one more for what rounding may do.
        int taps = (int)Math.Ceiling(2 * support) + 1;
        Reserve(plan.Count, taps + (taps & 1));

        int start = int.MaxValue;
        int end = 0;
        for (int i = 0; i < plan.Count; i++)
        {
            double center = offset + ((plan.First + (plan.Mirror ? plan.Count - 1 - i : i) + 0.5) * step);
            int first = Math.Clamp((int)(center - support + 0.5), 0, high - low - 1);
            int count = Math.Min(Math.Min((int)(center + support + 0.5), high - low) - first, taps);
            Fill(Weights.AsSpan(i * Taps, Taps), center - first, support, count);
            First[i] = low + first;
            start = Math.Min(start, low + first);
            end = Math.Max(end, low + first + Math.Max(count, 1));
        }

        Range = (start, end);
    }

    private void Reserve(int count, int taps)
    {
        Count = count;
        Taps = taps;
        if (First.Length < count)
        {
            First = new int[count];
        }

        if (Weights.Length < (long)count * taps)
        {
            Weights = new int[checked(count * taps)];
        }

        if (_exact.Length < taps)
        {
            _exact = new double[taps];
        }
    }

    private void Fill(Span<int> weights, double center, double support, int count)
    {
        double inverse = 1.0 / support;
        double sum = 0;
        for (int x = 0; x < count; x++)
        {
            double weight = Math.Max(0.0, 1.0 - Math.Abs((x - center + 0.5) * inverse));
            _exact[x] = weight;
            sum += weight;
        }

        weights.Clear();
        if (sum == 0)
        {
            weights[0] = One;
            return;
        }

        for (int x = 0; x < count; x++)
        {
            weights[x] = (int)((_exact[x] / sum * One) + 0.5);
        }
    }
}
