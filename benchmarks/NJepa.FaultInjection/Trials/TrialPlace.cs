using NJepa.FaultInjection.Options;
using NJepa.FaultInjection.Runs;
using NJepa.Samples.QuickStart.Drawing;

namespace NJepa.FaultInjection.Trials;

/// <summary>Temporary folders and pictures of all trials.</summary>
internal sealed class TrialPlace : IDisposable
{
    private readonly FaultOptions _options;

    public TrialPlace(FaultOptions options, Action<string> log)
    {
        (_options, Log) = (options, log);
        Images = Path.Combine(Root, "pictures");
        DrawnPictures.WriteTo(Images, new DrawnPicturesOptions { Size = RunSettings.ImageSize, TrainPerClass = 8, TestPerClass = 1, Seed = (ulong)options.Seed });
    }

    public string Root { get; } = Directory.CreateTempSubdirectory("njepa-faults-").FullName;

    public Action<string> Log { get; }

    /// <summary>64 pictures for training.</summary>
    public string Images { get; }

    /// <summary>A folder and random numbers of its own, so that a trial does not depend on which others run.</summary>
    public TrialContext Enter(string name)
    {
        string folder = Path.Combine(Root, name);
        Directory.CreateDirectory(folder);
        int seed = name.Aggregate(_options.Seed, (value, letter) => unchecked((value * 31) + letter));
        return new TrialContext(_options.Short, _options.Seed, new Random(seed), folder, Path.Combine(Images, "train"), text => Log($"{name}: {text}"));
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
