using NJepa.Data;
using NJepa.FaultInjection.Runs;
using NJepa.Samples.QuickStart.Drawing;
using NJepa.Training;

namespace NJepa.FaultInjection.Trials;

/// <summary>Among thousands of pictures some are broken. They must cost their own place in the run, and nothing else.</summary>
internal sealed class ImagesTrial : ITrial
{
    private const int EachOf = 20;

    public string Name => "images";

    public string Must => "the run completes; each unusable picture listed once, no other; all others in the places and with the pixels of the clean run";

    public IEnumerable<Finding> Run(TrialContext context)
    {
        int perClass = context.Count(250, 60), epochs = 2;
        string clean = Draw(context, "clean", perClass), broken = Draw(context, "broken", perClass);
        IImageSource source = ImageSource.Open(broken), cleanSource = ImageSource.Open(clean);
        (List<int> unusable, List<int> odd) = Break(source, broken, context.Random);
        var problems = new Problems();
        (int kept, int replaced) = Compare(cleanSource, source, unusable, odd, epochs, problems);

        RunSettings settings = context.Settings("run", RunSettings.StepsPerEpoch);
        PretrainingOptions options = settings.Options() with { Epochs = epochs, BatchSize = 20, Checkpoints = new CheckpointOptions { EverySteps = 10 } };
        using Models.JepaModel model = RunSettings.Model();
        using var trainer = new JepaTrainer(model, source, options);
        TrainingResult result = trainer.RunAsync().GetAwaiter().GetResult();
        problems.Require(result.Completed, $"the run did not complete");
        problems.Require(result.BadImages.Select(bad => bad.Index).SequenceEqual(unusable), $"{result.BadImages.Count} pictures listed, and {unusable.Count} are unusable");
        yield return new Finding(
            FormattableString.Invariant($"{Name}: {unusable.Count + odd.Count} of {source.Count} pictures broken ({string.Join(", ", BadPictures.Unusable.Select(kind => kind.Kind))}) or odd ({string.Join(", ", BadPictures.Odd.Select(kind => kind.Kind))})"),
            Must,
            FormattableString.Invariant($"{(result.Completed ? "completed" : "not completed")}, {result.Steps} steps; {result.BadImages.Count} listed of {unusable.Count} unusable, {odd.Count} odd ones used; {kept} samples in their places, {replaced} replaced{problems.Text()}"),
            problems.Wrong.Count == 0);
    }

    private static string Draw(TrialContext context, string name, int perClass)
    {
        string folder = Path.Combine(context.Folder, name);
        DrawnPictures.WriteTo(folder, new DrawnPicturesOptions { Size = RunSettings.ImageSize, TrainPerClass = perClass, TestPerClass = 1, Seed = (ulong)context.Seed });

        // Names say nothing about what is in a file.
        foreach (string file in Directory.GetFiles(Path.Combine(folder, "train"), "*.png", SearchOption.AllDirectories))
        {
            File.Move(file, Path.ChangeExtension(file, ".jpg"));
        }

        return Path.Combine(folder, "train");
    }

    /// <summary>A twentieth, of each kind in turn, after the folder was read: pictures also vanish during a run.</summary>
    private static (List<int> Unusable, List<int> Odd) Break(IImageSource source, string folder, Random random)
    {
        int[] order = [.. Enumerable.Range(0, source.Count)];
        random.Shuffle(order);
        var (unusable, odd) = (new List<int>(), new List<int>());
        (string Kind, Action<string> Make, bool Usable)[] kinds = [.. BadPictures.Unusable.Select(kind => (kind.Kind, kind.Make, false)), .. BadPictures.Odd.Select(kind => (kind.Kind, kind.Make, true))];
        for (int i = 0; i < source.Count / EachOf; i++)
        {
            (_, Action<string> make, bool usable) = kinds[i % kinds.Length];
            make(Path.Combine(folder, source.GetName(order[i])));
            (usable ? odd : unusable).Add(order[i]);
        }

        unusable.Sort();
        return (unusable, odd);
    }

    private static (int Kept, int Replaced) Compare(IImageSource clean, IImageSource broken, List<int> unusable, List<int> odd, int epochs, Problems problems)
    {
        var options = new ImageLoaderOptions { BatchSize = 20, Threads = 2 };
        var augmentation = new TrainingAugmentation { ImageSize = RunSettings.ImageSize };
        using ImageLoader cleanLoader = new(clean, augmentation, options), loader = new(broken, augmentation, options);
        HashSet<int> bad = [.. unusable], strange = [.. odd];
        (int kept, int replaced) = (0, 0);
        long steps = epochs * loader.BatchesPerEpoch;
        foreach ((ImageBatch expected, ImageBatch batch) in cleanLoader.Steps(0, steps).Zip(loader.Steps(0, steps)))
        {
            using (expected)
            using (batch)
            {
                for (int i = 0; i < batch.Count; i++)
                {
                    int index = expected.Indices[i];
                    if (bad.Contains(index))
                    {
                        replaced++;
                        problems.Require(!bad.Contains(batch.Indices[i]), $"picture {batch.Indices[i]} is unusable, and was used");
                        continue;
                    }

                    kept++;
                    problems.Require(batch.Indices[i] == index, $"picture {batch.Indices[i]} is in the place of {index}");
                    problems.Require(strange.Contains(index) || batch.GetImage(i).SequenceEqual(expected.GetImage(i)), $"picture {index} has other pixels");
                }
            }
        }

        problems.Require(loader.BadImages.Select(image => image.Index).SequenceEqual(unusable), $"the loader lists {loader.BadImages.Count} pictures");
        return (kept, replaced);
    }
}
