using System.Globalization;
using NJepa.Models;

namespace NJepa.Throughput.Options;

/// <summary>The command line.</summary>
internal sealed record ThroughputOptions
{
    public const string Help = """
        Measures training steps of NJepa, beside the same method written with TorchSharp's own modules and optimizer.

          --models LIST        of nano, tiny, small, base, large            (default nano,small,base)
          --batch N            images per step         (default 64, 16, 8, 4, 2 in the order of the models)
          --precisions LIST    of float32, tensorfloat32, bfloat16                  (default float32)
          --device NAME        cpu, cuda, cuda:N or auto                                (default cpu)
          --threads N          threads of libtorch                   (default: one for each processor)
          --loader-threads N   threads that load images                                   (default 2)
          --turns N            counted turns of each, after one that is not              (default 10)
          --turn N             steps in a turn                                            (default 3)
          --run N              steps of the runs with loading; 0 leaves them out         (default 20)
          --long N             take N steps of NJepa alone, report tensors and memory at step 50 and N
          --micro-batch N      NJepa computes a batch in parts of N images
          --recompute          NJepa recomputes activations
          --no-peer            leave the peer out
          --images PATH        a folder or zip of images               (default: JPEGs that it writes)
          --output FILE        write the tables there as well, as Markdown
        """;

    public IReadOnlyList<string> Models { get; init; } = ["nano", "small", "base"];

    public int? Batch { get; init; }

    public IReadOnlyList<Precision> Precisions { get; init; } = [Precision.Float32];

    public string Device { get; init; } = "cpu";

    public int Threads { get; init; } = Environment.ProcessorCount;

    public int LoaderThreads { get; init; } = 2;

    public int Turns { get; init; } = 10;

    public int Turn { get; init; } = 3;

    public int Run { get; init; } = 20;

    public int Long { get; init; }

    public int? MicroBatch { get; init; }

    public bool Recompute { get; init; }

    public bool Peer { get; init; } = true;

    public string? Images { get; init; }

    public string? Output { get; init; }

    public bool ShowHelp { get; init; }

    /// <exception cref="ArgumentException">Something is not understood; the message says what is.</exception>
    public static ThroughputOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new ThroughputOptions();
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"{name} needs a value; --help lists the options.");
            int Number(int min) => int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min
                ? number
                : throw new ArgumentException($"{name} is '{arguments[i]}'; it must be a whole number of at least {min}.");
            options = name switch
            {
                "--models" => options with { Models = List(name, Value(), "model", ThroughputCase.Models.Keys, model => model) },
                "--batch" => options with { Batch = Number(1) },
                "--precisions" => options with { Precisions = List(name, Value(), "precision", Enum.GetNames<Precision>().Select(precision => precision.ToLowerInvariant()), precision => Enum.Parse<Precision>(precision, ignoreCase: true)) },
                "--device" => options with { Device = KnownDevice(Value()) },
                "--threads" => options with { Threads = Number(1) },
                "--loader-threads" => options with { LoaderThreads = Number(0) },
                "--turns" => options with { Turns = Number(1) },
                "--turn" => options with { Turn = Number(1) },
                "--run" => options with { Run = Number(0) },
                "--long" => options with { Long = Number(51) },
                "--micro-batch" => options with { MicroBatch = Number(1) },
                "--recompute" => options with { Recompute = true },
                "--no-peer" => options with { Peer = false },
                "--images" => options with { Images = Value() },
                "--output" => options with { Output = Value() },
                "--help" or "-h" => options with { ShowHelp = true },
                _ => throw new ArgumentException($"'{name}' is not an option; --help lists them."),
            };
        }

        if (!options.ShowHelp && options.MicroBatch is { } micro && options.Cases("").FirstOrDefault(work => work.Batch < micro) is { } small)
        {
            throw new ArgumentException($"--micro-batch is {micro}, more than the batch of {small.Batch} of {small.Model}; lower it or raise --batch.");
        }

        return options;
    }

    /// <summary>The lines of the table.</summary>
    public IEnumerable<ThroughputCase> Cases(string images) =>
        from model in Models
        from precision in Precisions
        select new ThroughputCase(model, Batch ?? ThroughputCase.Models[model].Batch, precision, Device, Threads, LoaderThreads, MicroBatch, Recompute, images);

    private static T[] List<T>(string option, string text, string kind, IEnumerable<string> known, Func<string, T> read) =>
    [
        .. text.Split(',').Select(name => known.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? read(name.ToLowerInvariant())
            : throw new ArgumentException($"{option} has '{name}', which is not a {kind}; choose from {string.Join(", ", known)}.")),
    ];

    // Whether there is such a GPU is seen by the workers.
    private static string KnownDevice(string name)
    {
        string device = name.ToLowerInvariant();
        bool known = device is "cpu" or "cuda" or "auto" || (device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device[5..], NumberStyles.None, CultureInfo.InvariantCulture, out _));
        return known ? name : throw new ArgumentException($"--device is '{name}'; choose from cpu, cuda, cuda:N and auto.");
    }
}
