using System.Reflection;
using BenchmarkDotNet.Attributes;
using NJepa.Benchmarks.Parts;

namespace NJepa.Benchmarks.Tests;

/// <summary>A benchmark class with values for its parameters, to be run without BenchmarkDotNet.</summary>
public sealed class BenchmarkCase
{
    private readonly object _instance;

    private BenchmarkCase(Type type, IReadOnlyList<(PropertyInfo Property, object? Value)> settings)
    {
        _instance = Activator.CreateInstance(type)!;
        foreach ((PropertyInfo property, object? value) in settings)
        {
            property.SetValue(_instance, value);
        }
    }

    /// <summary>All benchmark classes.</summary>
    public static IEnumerable<Type> Types => typeof(MaskSampling).Assembly.GetExportedTypes().Where(type => MethodsWith<BenchmarkAttribute>(type).Any());

    /// <summary>A class with every combination of its parameters; networks are made small.</summary>
    public static IEnumerable<BenchmarkCase> Of(Type type)
    {
        IEnumerable<IReadOnlyList<(PropertyInfo, object?)>> combinations = [[]];
        foreach (PropertyInfo property in type.GetProperties().Where(property => property.CanWrite))
        {
            combinations = combinations.SelectMany(chosen => Array.ConvertAll(Values(property), value => (IReadOnlyList<(PropertyInfo, object?)>)[.. chosen, (property, value)])).ToList();
        }

        return combinations.Select(settings => new BenchmarkCase(type, settings));
    }

    /// <summary>Setup, every benchmark, cleanup.</summary>
    /// <returns>What the benchmarks returned; null from those that return nothing.</returns>
    public IReadOnlyList<object?> Run()
    {
        Call<GlobalSetupAttribute>();
        try
        {
            return Call<BenchmarkAttribute>();
        }
        finally
        {
            Call<GlobalCleanupAttribute>();
        }
    }

    private List<object?> Call<T>()
        where T : Attribute =>
        MethodsWith<T>(_instance.GetType()).Select(method => method.Invoke(_instance, BindingFlags.DoNotWrapExceptions, null, null, null)).ToList();

    private static IEnumerable<MethodInfo> MethodsWith<T>(Type type)
        where T : Attribute =>
        type.GetMethods().Where(method => method.GetCustomAttribute<T>() is not null);

    private static object?[] Values(PropertyInfo property) => (property.Name, property.GetCustomAttribute<ParamsAttribute>()) switch
    {
        ("Width", _) => [64],
        ("Images", _) => [400],
        ("Picture", _) => ["400x533", "800x600"],
        (_, { } parameters) => parameters.Values,
        _ => throw new NotSupportedException($"{property.DeclaringType!.Name}.{property.Name} has no [Params]; say here which value a quick test gives it."),
    };
}
