using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using NJepa.Benchmarks.Jpeg;
using NJepa.Data;

// Both sides take turns on short runs of images (about so many pixels), so that what else the machine does meets both alike.
const double RunPixels = 4e6;
const int Shown = 8;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
string folder = Directory.CreateTempSubdirectory("njepa-jpeg-").FullName;
try
{
    Arguments arguments = Arguments.Parse(args);
    if (arguments.ShowHelp)
    {
        Console.WriteLine(Arguments.Usage);
        return 0;
    }

    Run(arguments);
    return 0;
}
catch (ArgumentException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
catch (BenchmarkException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
finally
{
    Directory.Delete(folder, recursive: true);
}

void Run(Arguments options)
{
    IReadOnlyList<string> files = options.Path is { } path ? FindFiles(path) : [];
    if (options.Synthesize)
    {
        files = PhotoMaker.Make(files, options.Images ?? 8, folder);
    }
    else if (options.Images is int most && files.Count > most)
    {
        files = [.. Enumerable.Range(0, most).Select(i => files[(int)((long)i * files.Count / most)])];
    }

    var crop = new TrainingAugmentation { ImageSize = options.Size };
    IReadOnlyList<Photo> photos = Photo.Plan(files, crop, (ulong)options.Seed);
    if (photos.Count == 0)
    {
        throw new BenchmarkException($"There is no upright JPEG file in {options.Path}.");
    }

    using var pillow = new PillowProcess(options.Python, photos, options.Size, folder);
    var decoder = new ImageDecoder(new ImageDecodingOptions { PartialDecoding = !options.Whole });
    byte[] pixels = new byte[options.Size * options.Size * 3];
    double Own(int first, int count)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (Photo photo in photos.Skip(first).Take(count))
        {
            using FileStream file = File.OpenRead(photo.Path);
            decoder.Render(file, photo.Path, crop, pixels, (ulong)options.Seed, epoch: 0, photo.Index);
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    Console.WriteLine($"{photos.Count} JPEG files ({files.Count - photos.Count} left out), on average {photos.Average(p => p.Pixels) / 1e6:F2} megapixels and {photos.Average(p => p.Bytes) / 1000:F0} kB; crops to {options.Size} px");
    Console.WriteLine($".NET {Environment.Version}; {pillow.Versions}; {Environment.ProcessorCount} processors, one used at a time");
    Console.WriteLine($"Mean difference of the crops: {MeanDifference(photos, pillow, Own, pixels):F2} of 255");

    int runLength = (int)Math.Max(1, RunPixels / photos.Average(p => p.Pixels));
    for (var warm = Stopwatch.StartNew(); warm.Elapsed < TimeSpan.FromSeconds(3);)
    {
        Round(photos.Count, runLength, Own, pillow);
    }

    (double Own, double Pillow)[] rounds = [.. Enumerable.Range(0, options.Rounds).Select(_ => Round(photos.Count, runLength, Own, pillow))];
    double[] ratios = [.. rounds.Select(r => r.Pillow / r.Own).Order()];
    Console.WriteLine();
    Console.WriteLine($"| ms per image, median of {options.Rounds} rounds | NJepa | Pillow | ratio | range |");
    Console.WriteLine("|---|---:|---:|---:|---:|");
    Console.WriteLine($"| {(options.Synthesize ? "12 megapixels" : Path.GetFileName(options.Path))} | {Median(rounds.Select(r => r.Own)):F3} | {Median(rounds.Select(r => r.Pillow)):F3} | {Median(ratios):F2} | {ratios[0]:F2} to {ratios[^1]:F2} |");
}

IReadOnlyList<string> FindFiles(string path)
{
    if (File.Exists(path))
    {
        try
        {
            ZipFile.ExtractToDirectory(path, Path.Combine(folder, "zip"));
        }
        catch (InvalidDataException e)
        {
            throw new BenchmarkException($"{path} is no zip file ({e.Message}).");
        }

        path = Path.Combine(folder, "zip");
    }

    return Directory.Exists(path)
        ? [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(f => Path.GetExtension(f).ToUpperInvariant() is ".JPG" or ".JPEG").Order(StringComparer.Ordinal)]
        : throw new BenchmarkException($"{path} is neither a folder nor a zip file.");
}

static (double Own, double Pillow) Round(int count, int runLength, Func<int, int, double> own, PillowProcess pillow)
{
    double ownTotal = 0;
    double pillowTotal = 0;
    for (int first = 0; first < count; first += runLength)
    {
        ownTotal += own(first, runLength);
        pillowTotal += pillow.Time(first, runLength).Sum();
    }

    return (ownTotal / count, pillowTotal / count);
}

static double MeanDifference(IReadOnlyList<Photo> photos, PillowProcess pillow, Func<int, int, double> own, byte[] pixels)
{
    double sum = 0;
    int shown = Math.Min(Shown, photos.Count);
    for (int i = 0; i < shown; i++)
    {
        own(i, 1);
        sum += pillow.Show(i).Zip(pixels, (a, b) => Math.Abs(a - b)).Average();
    }

    return sum / shown;
}

static double Median(IEnumerable<double> values)
{
    double[] sorted = [.. values.Order()];
    return (sorted[sorted.Length / 2] + sorted[(sorted.Length - 1) / 2]) / 2;
}
