// Command file of the drivers: one `key value …` per line, # begins a comment, numbers decimal or 0x….
#ifndef MAXDNN_COMMAND_FILE_H
#define MAXDNN_COMMAND_FILE_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

[[noreturn]] inline void fail(const std::string& what) {
  std::fprintf(stderr, "accelerator_driver: %s\n", what.c_str());
  std::exit(1);
}

inline uint64_t to_number(const std::string& text) {
  char* end = nullptr;
  uint64_t value = std::strtoull(text.c_str(), &end, 0);
  if (text.empty() || *end != 0) fail("no number: " + text);
  return value;
}

inline std::vector<uint8_t> read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) fail("cannot read " + path);
  return std::vector<uint8_t>(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

inline void write_file(const std::string& path, const void* bytes, size_t size) {
  std::ofstream out(path, std::ios::binary);
  out.write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
  out.close();
  if (!out) fail("cannot write " + path);
}

class CommandFile {
 public:
  CommandFile(const std::string& path, const std::set<std::string>& known) {
    std::ifstream in(path);
    if (!in) fail("cannot read " + path);
    std::string line;
    while (std::getline(in, line)) {
      std::istringstream words(line.substr(0, line.find('#')));
      std::string key, word;
      if (!(words >> key)) continue;
      if (!known.count(key)) fail("unknown key: " + key);
      std::vector<std::string>& values = entries_[key];
      values.clear();
      while (words >> word) values.push_back(word);
    }
  }
  bool has(const std::string& key) const { return entries_.count(key) != 0; }
  std::string text(const std::string& key, size_t place = 0) const {
    auto entry = entries_.find(key);
    if (entry == entries_.end() || entry->second.size() <= place) fail("missing: " + key);
    return entry->second[place];
  }
  std::string text_or(const std::string& key, const std::string& otherwise) const {
    return has(key) ? text(key) : otherwise;
  }
  uint64_t number(const std::string& key, size_t place = 0) const { return to_number(text(key, place)); }
  uint64_t number_or(const std::string& key, uint64_t otherwise, size_t place = 0) const {
    return has(key) ? number(key, place) : otherwise;
  }

 private:
  std::map<std::string, std::vector<std::string>> entries_;
};

#endif
