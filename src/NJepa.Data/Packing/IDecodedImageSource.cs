namespace NJepa.Data;

/// <summary>A source whose pixels lie ready, so that a crop is drawn without opening or decoding anything.</summary>
internal interface IDecodedImageSource
{
    /// <summary>Draws the square that a transform asks for.</summary>
    /// <param name="index">The image.</param>
    /// <param name="transform">Says where in the full-size image the square comes from.</param>
    /// <param name="key">What the random crop and flip depend on.</param>
    /// <param name="resampler">The calling thread's own.</param>
    /// <param name="destination">Receives RGB bytes [S, S, 3].</param>
    /// <returns>Null, or the reason why the image cannot be used.</returns>
    string? Draw(int index, ImageTransform transform, SampleKey key, PixelResampler resampler, Span<byte> destination);
}
