namespace NJepa.Data.Tests.Support;

/// <summary>A user's own source: files in memory, and whatever else a test wants to happen when one is opened.</summary>
public sealed class MemorySource(IReadOnlyList<byte[]> files) : IImageSource
{
    public MemorySource(int count)
        : this([.. Enumerable.Range(0, count).Select(i => Pictures.Png(12 + (i % 5), 10 + (i % 3), i))])
    {
    }

    public Action<int> OnOpen { get; init; } = _ => { };

    public int Count => files.Count;

    public IReadOnlyList<string> ClassNames { get; init; } = ["even", "odd"];

    public string GetName(int index) => $"image {index}";

    public int GetLabel(int index) => index % 2;

    public Stream OpenRead(int index)
    {
        OnOpen(index);
        return new MemoryStream(files[index]);
    }
}
