using NJepa.Data;

namespace NJepa.Evaluation.Tests;

/// <summary>Images in memory, written as uncompressed BMP files so that their pixels come back exactly; null stands for a damaged file.</summary>
internal sealed class BitmapSource(int size, byte[]?[] imagesHWC, int[] labels, params string[] classNames) : IImageSource
{
    public int Count => imagesHWC.Length;

    public IReadOnlyList<string> ClassNames => classNames;

    public static BitmapSource Random(int count, int size, int seed, params string[] classNames)
    {
        var random = new Random(seed);
        byte[][] images = [.. Enumerable.Range(0, count).Select(_ => new byte[size * size * 3])];
        Array.ForEach(images, random.NextBytes);
        return new(size, images, [.. Enumerable.Range(0, count).Select(i => classNames.Length == 0 ? -1 : i % classNames.Length)], classNames);
    }

    public BitmapSource Damaged(params int[] indices) =>
        new(size, [.. imagesHWC.Select((image, i) => indices.Contains(i) ? null : image)], labels, classNames);

    public byte[] Pixels(int index) => imagesHWC[index]!;

    public string GetName(int index) => $"image{index}.bmp";

    public int GetLabel(int index) => labels[index];

    public Stream OpenRead(int index) => new MemoryStream(imagesHWC[index] is { } image ? Encode(image) : [1, 2, 3]);

    private byte[] Encode(byte[] image)
    {
        int stride = ((size * 3) + 3) / 4 * 4;
        var file = new byte[54 + (stride * size)];
        using var writer = new BinaryWriter(new MemoryStream(file));
        writer.Write("BM"u8);
        writer.Write(file.Length);
        writer.Write(0);
        writer.Write(54);
        writer.Write(40);
        writer.Write(size);
        writer.Write(size);
        writer.Write((short)1);
        writer.Write((short)24);
        for (int y = 0; y < size; y++)
        {
            for (int x = 0; x < size; x++)
            {
                // Bottom row first, blue first.
                int from = ((y * size) + x) * 3;
                int to = 54 + ((size - 1 - y) * stride) + (x * 3);
                (file[to], file[to + 1], file[to + 2]) = (image[from + 2], image[from + 1], image[from]);
            }
        }

        return file;
    }
}
