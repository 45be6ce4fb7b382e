using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace NJepa.Data;

/// <summary>
/// Views of image sources: subsets, random splits, a few images per class. All are deterministic and share the source they view.
/// </summary>
public static class ImageSourceExtensions
{
    /// <summary>A view of the images at <paramref name="indices"/>, in that order. Class names stay those of the source.</summary>
    /// <param name="source">The source; disposing it ends the view too.</param>
    /// <param name="indices">Indices into the source; each from 0 to its count - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An index is not in the source.</exception>
    public static IImageSource Subset(this IImageSource source, IEnumerable<int> indices)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(indices);
        int[] chosen = [.. indices];
        foreach (int index in chosen)
        {
            if (index < 0 || index >= source.Count)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(indices), index,
                    $"Index {index} is not in the source, which has {source.Count} images (0 to {source.Count - 1}).");
            }
        }

        return ImageSubset.Of(source, chosen);
    }

    /// <summary>
    /// Splits a source at random into a training and a test part, class by class (stratified). Unlabelled images count as one class.
    /// </summary>
    /// <param name="source">The source to split.</param>
    /// <param name="testFraction"> The share of each class that goes to the test part, above 0 and below 1; rounded to whole images, but
    /// each part gets at least one image of a class that has two.
    /// </param>
    /// <param name="seed">Another seed gives another split; the same seed always the same.</param>
    /// <returns>Two views without a common image, each in the order of the source.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="testFraction"/> is not above 0 and below 1.</exception>
    public static (IImageSource Train, IImageSource Test) SplitRandomly(this IImageSource source, double testFraction, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (!(testFraction > 0 && testFraction < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(testFraction), testFraction, $"The test fraction is {testFraction}; it must be above 0 and below 1.");
        }

        var train = new List<int>();
        var test = new List<int>();
        foreach (int[] members in ShuffledClasses(source, seed))
        {
            int count = (int)Math.Round(members.Length * testFraction);
            count = members.Length >= 2 ? Math.Clamp(count, 1, members.Length - 1) : 0;
            test.AddRange(members.Take(count));
            train.AddRange(members.Skip(count));
        }

        return (source.Subset(train.Order()), source.Subset(test.Order()));
    }

    /// <summary>Chooses up to <paramref name="count"/> images of each class at random. Unlabelled images are left out.</summary>
    /// <param name="source">The source to choose from.</param>
    /// <param name="count">Images per class, at least 1; a smaller class is taken whole.</param>
    /// <param name="seed">Another seed gives another choice; with the same seed a larger count contains the smaller one.</param>
    /// <returns>A view in the order of the source.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is below 1.</exception>
    public static IImageSource TakePerClass(this IImageSource source, int count, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (count < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(count), count, $"{count} images per class were asked for; at least 1 is needed.");
        }

        IEnumerable<int[]> labelled = ShuffledClasses(source, seed).Where(members => source.GetLabel(members[0]) >= 0);
        return source.Subset(labelled.SelectMany(members => members.Take(count)).Order());
    }

    /// <summary>
    /// A SHA-256 of the class names and of the names and labels of all images, in order: what a resumed run compares to find out that its
    /// data changed. It does not read the images.
    /// </summary>
    /// <param name="source">The source to identify.</param>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string ComputeFingerprint(this IImageSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendNumber(hash, source.ClassNames.Count);
        foreach (string name in source.ClassNames)
        {
            AppendText(hash, name);
        }

        AppendNumber(hash, source.Count);
        for (int i = 0; i < source.Count; i++)
        {
            AppendText(hash, source.GetName(i));
            AppendNumber(hash, source.GetLabel(i));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The indices of each class, unlabelled first, each class in a random order of its own.</summary>
    private static IEnumerable<int[]> ShuffledClasses(IImageSource source, ulong seed)
    {
        foreach (IGrouping<int, int> group in Enumerable.Range(0, source.Count).GroupBy(source.GetLabel).OrderBy(group => group.Key))
        {
            int[] members = [.. group];
            CounterRandom random = CounterRandom.Create(seed, RandomPurpose.DataSplit, index: group.Key + 1);
            random.Shuffle(members.AsSpan());
            yield return members;
        }
    }

    private static void AppendText(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        AppendNumber(hash, bytes.Length);
        hash.AppendData(bytes);
    }

    private static void AppendNumber(IncrementalHash hash, int number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        hash.AppendData(bytes);
    }
}
