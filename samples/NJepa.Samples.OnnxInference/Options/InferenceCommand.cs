using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using NJepa.Samples.OnnxInference.Running;

namespace NJepa.Samples.OnnxInference.Options;

/// <summary>The command line.</summary>
internal static class InferenceCommand
{
    private const int DefaultLabels = 3;
    private const int DefaultNeighbours = 8;

    public static RootCommand Create(TextWriter output, TextWriter log) =>
        new("Runs a model that NJepa exported (OnnxExport.Save; the quick start writes encoder.onnx) on ONNX Runtime.") { Label(output, log), Similar(output, log) };

    private static Command Label(TextWriter output, TextWriter log)
    {
        var shared = new SharedOptions(DefaultLabels, "labels to name for each image");
        Command command = shared.AddTo(new Command("label", "Labels images with a model that has a head."));
        command.SetAction(parsed => new LabelRun(shared.Read(parsed), output, log).Execute());
        return command;
    }

    private static Command Similar(TextWriter output, TextWriter log)
    {
        var shared = new SharedOptions(DefaultNeighbours, "similar images to name");
        var query = new Option<string>("--query") { Description = "the image to find others for", Required = true };
        var sheet = new Option<string?>("--sheet") { Description = "a PNG file that shows the image and those found" };
        Command command = shared.AddTo(new Command("similar", "Finds the images whose features have the largest cosine with those of one image."));
        command.Add(query);
        command.Add(sheet);
        RefuseEmpty(query);
        RefuseEmpty(sheet);
        sheet.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } path }] && !path.EndsWith(".png", StringComparison.OrdinalIgnoreCase))
            {
                result.AddError($"{sheet.Name} is '{path}'; the sheet is a PNG file, so give a name that ends in .png.");
            }
        });
        command.SetAction(parsed => new SimilarRun(shared.Read(parsed), parsed.GetValue(query)!, parsed.GetValue(sheet), output, log).Execute());
        return command;
    }

    private static void RefuseEmpty<T>(Option<T> option) => option.Validators.Add(result =>
    {
        if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
        {
            result.AddError($"{option.Name} is empty; give a path.");
        }
    });

    private sealed class SharedOptions(int defaultTop, string top)
    {
        private readonly Option<string> _model = new("--model") { Description = "the exported model, an .onnx file", Required = true };
        private readonly Option<string> _images = new("--images") { Description = "a folder of images, a zip of one, or one image", Required = true };
        private readonly Option<int> _top = Number("--top", defaultTop, 1, 1000, top);
        private readonly Option<string?> _csv = new("--csv") { Description = "a file to write the results to as CSV, in the place of a table" };
        private readonly Option<int> _batchSize = Number("--batch-size", 32, 1, 4096, "images at once");
        private readonly Option<int> _imageSize = Number("--image-size", null, 1, 8192, "side of the square that images are brought to, for models of free size; without it the model's own");
        private readonly Option<int> _threads = Number("--threads", 0, 0, 1024, "threads of ONNX Runtime, 0 for its own choice");

        public Command AddTo(Command command)
        {
            foreach (Option option in (Option[])[_model, _images, _top, _csv, _batchSize, _imageSize, _threads])
            {
                command.Add(option);
            }

            RefuseEmpty(_model);
            RefuseEmpty(_images);
            RefuseEmpty(_csv);
            return command;
        }

        public InferenceOptions Read(ParseResult parsed) => new(
            parsed.GetValue(_model)!,
            parsed.GetValue(_images)!,
            parsed.GetValue(_top),
            parsed.GetValue(_csv),
            parsed.GetValue(_batchSize),
            parsed.GetValue(_imageSize) is > 0 and int size ? size : null,
            parsed.GetValue(_threads));
    }

    private static Option<int> Number(string name, int? standard, int least, int most, string description)
    {
        return new Option<int>(name)
        {
            Description = FormattableString.Invariant($"{description} (from {least} to {most})"),
            DefaultValueFactory = standard is { } value ? _ => value : null,
            CustomParser = result => int.TryParse(result.Tokens[0].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most ? number : Refuse(result),
        };

        int Refuse(ArgumentResult result)
        {
            result.AddError(FormattableString.Invariant($"{name} is '{result.Tokens[0].Value}'; it must be a whole number from {least} to {most}."));
            return least;
        }
    }
}
