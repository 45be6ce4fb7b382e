namespace NJepa.Data;

/// <summary>A view of some images of another source.</summary>
internal class ImageSubset(IImageSource source, int[] indices) : IImageSource
{
    public int Count => indices.Length;

    public IReadOnlyList<string> ClassNames => source.ClassNames;

    public string GetName(int index) => source.GetName(indices[index]);

    public int GetLabel(int index) => source.GetLabel(indices[index]);

    public Stream OpenRead(int index) => source.OpenRead(indices[index]);

    public long GetStamp(int index) => source.GetStamp(indices[index]);

    /// <summary>The view, which keeps the short way to the pixels where the source has one.</summary>
    public static ImageSubset Of(IImageSource source, int[] indices) =>
        source is IDecodedImageSource decoded ? new Decoded(source, decoded, indices) : new ImageSubset(source, indices);

    private sealed class Decoded(IImageSource source, IDecodedImageSource decoded, int[] indices)
        : ImageSubset(source, indices), IDecodedImageSource
    {
        private readonly int[] _indices = indices;

        public string? Draw(int index, ImageTransform transform, SampleKey key, PixelResampler resampler, Span<byte> destination) =>
            decoded.Draw(_indices[index], transform, key, resampler, destination);
    }
}
