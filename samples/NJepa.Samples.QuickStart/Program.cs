using NJepa.Samples.QuickStart.Drawing;
using NJepa.Samples.QuickStart.Options;
using NJepa.Samples.QuickStart.Terminal;

QuickStartOptions options = CommandLine.Parse(args, out string? error);
if (error is not null)
{
    await Console.Error.WriteLineAsync(error);
    return 2;
}

if (options.Help)
{
    Console.Write(CommandLine.Help);
    return 0;
}

try
{
    var view = new ConsoleView();
    view.Header("N-JEPA quick start", "self-supervised pretraining on images", [("output", Path.GetFullPath(options.Output))]);
    if (options.Images is null)
    {
        view.Step("Drawing labelled pictures");
        string directory = Path.Combine(options.Output, "data");
        int count = DrawnPictures.WriteTo(directory, new DrawnPicturesOptions { Seed = options.Seed });
        view.Detail($"{count} files in {directory}");
    }

    return 0;
}
catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or IOException or UnauthorizedAccessException)
{
    await Console.Error.WriteLineAsync(exception.Message.ReplaceLineEndings(" "));
    return 1;
}
