namespace NJepa.Data;

/// <summary>A view of some images of another source.</summary>
internal sealed class ImageSubset(IImageSource source, int[] indices) : IImageSource
{
    public int Count => indices.Length;

    public IReadOnlyList<string> ClassNames => source.ClassNames;

    public string GetName(int index) => source.GetName(indices[index]);

    public int GetLabel(int index) => source.GetLabel(indices[index]);

    public Stream OpenRead(int index) => source.OpenRead(indices[index]);
}
