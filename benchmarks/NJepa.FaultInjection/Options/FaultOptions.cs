using System.Globalization;
using NJepa.FaultInjection.Trials;

namespace NJepa.FaultInjection.Options;

/// <summary>The command line.</summary>
internal sealed record FaultOptions
{
    public const string Help = """
        Shows that a training run cannot be lost. A tiny model is trained on drawn pictures, everything that can go wrong is made to go wrong, and what is left is compared, byte for byte, with what
        a run leaves that nothing happened to. Prints a Markdown table: trial, what must be, what was seen, passed. A trial that the system does not permit (mounting needs Linux and the right to
        it) says "not possible here" and counts neither as passed nor as failed.

          --only LIST    of the trials below, separated by commas                (default: all)
          --short        fewer of everything: what runs with each change, in half a minute or so
          --seed N       of the moments, the places and the mutations                   (default 0)
          --output FILE  write the table there as well
          --list         the trials and what must be, nothing is run
          --help         this text

        Trials:

          kill     SIGKILL at random moments of loading, training and saving, resumed each time
          damage   the newest checkpoint is cut off, or a bit of it turned, at random places
          disk     the disk is full, a file may grow no further, the folder is read-only
          signal   SIGTERM and SIGINT at random moments
          images   a twentieth of the images is broken, or odd, in all ways
          nan      a loss term, or a gradient, becomes NaN or infinite at a random step
          threads  0, 1, 2 and 8 threads load the images
          fuzz     mutated headers of safetensors files, manifests and trainer.json
          stop     stopped and resumed at every step
          long     live tensors and resident memory over many steps

        Exit code: 0 if no trial failed, 1 if one did, 2 for a command line that is not understood. Temporary files lie in the system's folder for them (TMPDIR) and are deleted at the end;
        all trials together take some ten minutes on two cores. Linux and macOS; on Windows the trials of signals and disks are not possible.
        """;

    public IReadOnlyList<string> Only { get; init; } = TrialList.Names;

    public bool Short { get; init; }

    public int Seed { get; init; }

    public string? Output { get; init; }

    public bool ShowList { get; init; }

    public bool ShowHelp { get; init; }

    /// <exception cref="ArgumentException">Something is not understood; the message says what is.</exception>
    public static FaultOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new FaultOptions();
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            string Value() => ++i < arguments.Count ? arguments[i] : throw new ArgumentException($"{name} needs a value; --help lists the options.");
            options = name switch
            {
                "--only" => options with { Only = Trials(Value()) },
                "--short" => options with { Short = true },
                "--seed" => options with { Seed = Number(name, Value()) },
                "--output" => options with { Output = Value() },
                "--list" => options with { ShowList = true },
                "--help" or "-h" => options with { ShowHelp = true },
                _ => throw new ArgumentException($"'{name}' is not an option; --help lists them."),
            };
        }

        return options;
    }

    private static string[] Trials(string list) =>
    [
        .. list.Split(',').Select(name => TrialList.Names.Contains(name, StringComparer.OrdinalIgnoreCase)
            ? name.ToLowerInvariant()
            : throw new ArgumentException($"--only has '{name}', which is not a trial; choose from {string.Join(", ", TrialList.Names)}.")),
    ];

    private static int Number(string option, string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw new ArgumentException($"{option} is '{text}'; it must be a whole number from 0 to {int.MaxValue}.");
}
