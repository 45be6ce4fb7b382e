using System.Collections.Immutable;

namespace NJepa.Data;

/// <summary>The mean and standard deviation by which pixel values (scaled to 0..1) are normalised, per colour channel.</summary>
public sealed record ImageNormalization
{
    /// <summary>The statistics of ImageNet, used by the reference pipeline for every data set. These are the defaults.</summary>
    public static ImageNormalization ImageNet { get; } = new();

    /// <summary>The mean of red, green and blue, where 0 is black and 1 is full.</summary>
    /// <value>Default 0.485, 0.456, 0.406.</value>
    public ImmutableArray<float> Mean { get; init; } = [0.485f, 0.456f, 0.406f];

    /// <summary>The standard deviation of red, green and blue.</summary>
    /// <value>Default 0.229, 0.224, 0.225. Above 0.</value>
    public ImmutableArray<float> StandardDeviation { get; init; } = [0.229f, 0.224f, 0.225f];

    /// <summary>
    /// Normalises one image on the CPU: <c>(value / 255 - mean) / standard deviation</c>, from rows of RGB bytes to three planes of floats. Trainers do the same on their device.
    /// </summary>
    /// <param name="pixels">Bytes [H, W, 3].</param>
    /// <param name="planes">Receives floats [3, H, W]; as long as <paramref name="pixels"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ or are no multiple of three, or there are not three means and three deviations.</exception>
    public void Apply(ReadOnlySpan<byte> pixels, Span<float> planes)
    {
        if (pixels.Length % 3 != 0 || pixels.Length != planes.Length)
        {
            throw new ArgumentException($"There are {pixels.Length} bytes and room for {planes.Length} floats; both must be the same multiple of 3.", nameof(planes));
        }

        if (Mean.Length != 3 || StandardDeviation.Length != 3)
        {
            throw new ArgumentException($"There are {Mean.Length} means and {StandardDeviation.Length} standard deviations; three of each (red, green, blue) are needed.", nameof(pixels));
        }

        int count = pixels.Length / 3;
        for (int channel = 0; channel < 3; channel++)
        {
            Span<float> plane = planes.Slice(channel * count, count);
            for (int i = 0; i < count; i++)
            {
                plane[i] = ((pixels[(3 * i) + channel] / 255f) - Mean[channel]) / StandardDeviation[channel];
            }
        }
    }
}
