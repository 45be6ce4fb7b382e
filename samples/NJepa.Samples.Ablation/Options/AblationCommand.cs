using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using NJepa.Models;
using NJepa.Training;

namespace NJepa.Samples.Ablation.Options;

/// <summary>The command line.</summary>
internal static class AblationCommand
{
    /// <summary>The command; what it does with good options is <paramref name="run"/>, which returns the exit code.</summary>
    public static RootCommand Create(Func<AblationOptions, CancellationToken, Task<int>> run)
    {
        var scale = new AblationScale();
        var table = new Option<string[]>("--table") { Description = "the tables to run, 'all' for every one; --list shows them", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => ["baseline"] };
        var list = new Option<bool>("--list") { Description = "show the tables and stop" };
        var images = new Option<string?>("--images") { Description = "folder or zip of labelled images, one folder per class; folders train and test (or val) are used as they are, else a fifth of each class is held out" };
        var testImages = new Option<string?>("--test-images") { Description = "folder or zip of the test images when they lie elsewhere" };
        var output = new Option<string?>("--output") { Description = "where runs and tables are kept; the same command goes on where it was stopped. Several commands may work in one folder, with the same settings: each run is done by one of them, and a command that has no run left waits for those of the others", DefaultValueFactory = _ => "njepa-ablation" };
        Option<string> seeds = Text("--seeds", "0,1,2", "the seeds, comma-separated: each arm is run with each");
        Option<string> rates = Text("--learning-rates", "0.002", "peak learning rates, comma-separated: each arm is run with each, and its best on a validation part is reported");
        var model = new Option<string>("--model") { Description = "nano, tiny, small or base", DefaultValueFactory = _ => scale.Model };
        model.AcceptOnlyFromAmong("nano", "tiny", "small", "base");
        Option<int> imageSize = Number("--image-size", scale.ImageSize, 8, 1024, "side of the crops in pixels");
        Option<int> patchSize = Number("--patch-size", scale.PatchSize, 1, 64, "side of a patch in pixels");
        Option<int> epochs = Number("--epochs", scale.Epochs, 1, 100_000, "passes over the images in each run");
        Option<int> batch = Number("--batch-size", scale.BatchSize, 2, 65_536, "images in a step");
        var precision = new Option<Precision>("--precision") { Description = "numbers that the networks compute with; BFloat16 and TensorFloat32 are for GPUs", DefaultValueFactory = _ => scale.Precision };
        Option<double> momentum = Real("--momentum", scale.Momentum, 0, 1, "the teacher's momentum at the start");
        Option<double> crop = Real("--crop-scale", scale.CropScale, 0.01, 1, "smallest share of a picture in a crop");
        Option<double> variance = Real("--variance", scale.Variance, 0, 1000, "weight of the variance term in all arms");
        Option<double> covariance = Real("--covariance", scale.Covariance, 0, 1000, "weight of the covariance term in all arms");
        Option<int> probeImages = Number("--probe-images", scale.ProbeImages, 4, int.MaxValue, "most training images for probes and neighbours");
        Option<int> tested = Number("--most-test-images", scale.TestImages, 2, int.MaxValue, "most test images");
        var encoder = new Option<ProbedEncoder>("--encoder") { Description = "which encoder the tables speak of, in all arms", DefaultValueFactory = _ => ProbedEncoder.Student };
        var device = new Option<string>("--device") { Description = "cpu, cuda, or auto: cuda where there is one", DefaultValueFactory = _ => "auto" };
        Option<int> threads = Number("--threads", 0, 0, 1024, "threads of the native library, 0 for its own choice");
        var plan = new Option<bool>("--plan") { Description = "show what would be run, and stop" };
        var command = new RootCommand("Runs tables of the N-JEPA paper, and some that it lacks, on your images: every arm with the same data, length, seeds and learning rates. Exit codes: 0 when every run and table asked for is there, 1 when something must be mended, 2 for a wrong call, 130 (Ctrl+C) or 143 when it was stopped.")
        {
            table, list, images, testImages, output, seeds, rates, model, imageSize, patchSize, epochs, batch, precision, momentum, crop, variance, covariance, probeImages, tested, encoder, device, threads, plan,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(list) is null && result.GetResult(images) is null)
            {
                result.AddError("--images is missing: a folder or zip with a folder of images for each class.");
            }
        });
        RefuseEmpty(images);
        RefuseEmpty(testImages);
        RefuseEmpty(output);
        device.AcceptOnlyFromAmong("cpu", "cuda", "auto");
        table.Validators.Add(result =>
        {
            if (Tables(result.Tokens.Select(token => token.Value)).Length == 0 && !result.Implicit)
            {
                result.AddError("--table is empty; name a table, or 'all'.");
            }
        });
        command.SetAction((parsed, cancellationToken) => run(
            new AblationOptions
            {
                List = parsed.GetValue(list),
                Tables = Tables(parsed.GetValue(table)!),
                Images = parsed.GetValue(images) ?? "",
                TestImages = parsed.GetValue(testImages),
                Output = parsed.GetValue(output)!,
                Seeds = Parse(seeds, parsed, text => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)),
                LearningRates = Parse(rates, parsed, text => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)),
                Scale = new AblationScale
                {
                    Model = parsed.GetValue(model)!,
                    ImageSize = parsed.GetValue(imageSize),
                    PatchSize = parsed.GetValue(patchSize),
                    Epochs = parsed.GetValue(epochs),
                    BatchSize = parsed.GetValue(batch),
                    Precision = parsed.GetValue(precision),
                    Momentum = parsed.GetValue(momentum),
                    CropScale = parsed.GetValue(crop),
                    Variance = parsed.GetValue(variance),
                    Covariance = parsed.GetValue(covariance),
                    ProbeImages = parsed.GetValue(probeImages),
                    TestImages = parsed.GetValue(tested),
                },
                Encoder = parsed.GetValue(encoder),
                Device = parsed.GetValue(device)!,
                Threads = parsed.GetValue(threads),
                Plan = parsed.GetValue(plan),
            },
            cancellationToken));
        return command;

        T[] Parse<T>(Option<string> option, ParseResult parsed, Func<string, T> parse) =>
            [.. parsed.GetValue(option)!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(parse).Distinct()];
    }

    private static string[] Tables(IEnumerable<string> names) => [.. names.SelectMany(name => name.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];

    private static void RefuseEmpty(Option<string?> option) => option.Validators.Add(result =>
    {
        if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
        {
            result.AddError($"{option.Name} is empty; give a path, or leave it out.");
        }
    });

    private static Option<string> Text(string name, string value, string description)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            string[] parts = (result.Implicit ? value : result.Tokens.Count == 1 ? result.Tokens[0].Value : value).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            bool seeds = name == "--seeds";
            foreach (string part in parts.Where(part => !(seeds ? ulong.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _) : IsRate(part))))
            {
                result.AddError($"{name} has '{part}'; it must be {(seeds ? "a whole number of at least 0" : "a number above 0 and at most 1")}.");
            }

            if (parts.Length == 0)
            {
                result.AddError($"{name} is empty; give at least one, such as {name} {value}.");
            }
        });
        return option;
    }

    private static bool IsRate(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double rate) && rate is > 0 and <= 1;

    private static Option<int> Number(string name, int value, int least, int most, string description) =>
        Ranged(name, value, text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number : null, most == int.MaxValue ? $"at least {least}" : $"from {least} to {most}", description);

    private static Option<double> Real(string name, double value, double least, double most, string description) =>
        Ranged(name, value, text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most ? number : null, string.Create(CultureInfo.InvariantCulture, $"from {least} to {most}"), description);

    private static Option<T> Ranged<T>(string name, T value, Func<string, T?> parse, string range, string description)
        where T : struct
    {
        var option = new Option<T>(name)
        {
            Description = $"{description} ({range})",
            DefaultValueFactory = _ => value,
            CustomParser = result => parse(result.Tokens[0].Value) ?? Refuse(result),
        };
        return option;

        T Refuse(ArgumentResult result)
        {
            result.AddError($"{name} is '{result.Tokens[0].Value}'; it must be a number {range}.");
            return value;
        }
    }
}
