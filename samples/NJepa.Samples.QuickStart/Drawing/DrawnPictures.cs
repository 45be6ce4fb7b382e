using System.Globalization;
using System.Runtime.InteropServices;
using SkiaSharp;

namespace NJepa.Samples.QuickStart.Drawing;

/// <summary>
/// The quick start's own labelled pictures: eight patterns, told apart by texture and layout and not by colour. They are written as image
/// files in the folders that <c>NJepa.Data</c> reads, <c>train/stripes/0001.png</c>, so that the run goes the way a user's pictures go.
/// </summary>
internal static class DrawnPictures
{
    // Its presence says that the folder is ours and may be drawn anew; a folder of someone's pictures never has it.
    private const string Marker = "drawn-by-njepa.txt";

    /// <summary>The pixels of one picture, red, green, blue, row by row: a function of its arguments alone.</summary>
    /// <param name="options">Size, seed and difficulty.</param>
    /// <param name="pictureClass">What it shows.</param>
    /// <param name="index">Which of the class, from 0.</param>
    /// <param name="test">Whether it belongs to the test split, which shares no picture with the training split.</param>
    public static byte[] Draw(DrawnPicturesOptions options, PictureClass pictureClass, int index, bool test)
    {
        var random = CounterRandom.Create(options.Seed, RandomPurpose.Drawing, (long)pictureClass, index + (test ? 1L << 32 : 0));
        return new PicturePainter(pictureClass, options, random).Paint();
    }

    /// <summary>Draws both splits into <c>train</c> and <c>test</c> of a folder, in place of what it drew there before.</summary>
    /// <param name="directory">The folder, made when it does not exist.</param>
    /// <param name="options">Size, counts, seed and difficulty.</param>
    /// <param name="cancellationToken">Stops between two pictures.</param>
    /// <returns>How many files were written.</returns>
    /// <exception cref="ArgumentException">The options are out of range.</exception>
    /// <exception cref="IOException">The folder holds files that were not drawn here.</exception>
    public static int WriteTo(string directory, DrawnPicturesOptions options, CancellationToken cancellationToken = default)
    {
        options.Validate();
        Prepare(directory);
        var jobs = new List<(PictureClass Class, bool Test, int Index, string Path)>();
        foreach (bool test in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (PictureClass pictureClass in options.Classes)
            {
                string folder = Path.Combine(directory, test ? "test" : "train", FolderName(pictureClass));
                Directory.CreateDirectory(folder);
                int count = test ? options.TestPerClass : options.TrainPerClass;
                jobs.AddRange(Enumerable.Range(0, count).Select(index => (
                    pictureClass, test, index, Path.Combine(folder, (index + 1).ToString("0000", CultureInfo.InvariantCulture) + ".png"))));
            }
        }

        Parallel.ForEach(jobs, new ParallelOptions { CancellationToken = cancellationToken }, job =>
            File.WriteAllBytes(job.Path, EncodePng(Draw(options, job.Class, job.Index, job.Test), options.Size)));
        return jobs.Count;
    }

    /// <summary>The name of a class's folder.</summary>
    public static string FolderName(PictureClass pictureClass) => pictureClass.ToString().ToLowerInvariant();

    private static void Prepare(string directory)
    {
        string marker = Path.Combine(directory, Marker);
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            if (!File.Exists(marker))
            {
                throw new IOException(
                    $"The folder '{directory}' holds files that the quick start did not draw. Choose an empty folder with --output, or pass your pictures with --images.");
            }

            foreach (string split in (ReadOnlySpan<string>)["train", "test"])
            {
                string old = Path.Combine(directory, split);
                if (Directory.Exists(old))
                {
                    Directory.Delete(old, recursive: true);
                }
            }
        }

        Directory.CreateDirectory(directory);
        File.WriteAllText(marker, "The pictures in train and test were drawn by the NJepa quick start, which draws them anew on every run.\n");
    }

    private static byte[] EncodePng(byte[] rgb, int size)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque));
        Span<byte> target = MemoryMarshal.AsBytes(bitmap.GetPixelSpan());
        for (int i = 0, j = 0; i < rgb.Length; i += 3, j += 4)
        {
            target[j] = rgb[i];
            target[j + 1] = rgb[i + 1];
            target[j + 2] = rgb[i + 2];
            target[j + 3] = 255;
        }

        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100)
            ?? throw new InvalidOperationException($"A drawn picture of {size} x {size} pixels could not be encoded as PNG.");
        return data.ToArray();
    }
}
